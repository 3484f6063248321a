
# Needs nothing but bash: neither bash-completion nor its functions.

_pinctl_offer() { # WORD CANDIDATE...: those that begin with the word
  local word=$1 candidate
  shift
  for candidate; do
    if [[ $candidate == "$word"* ]]; then COMPREPLY+=("$candidate"); fi
  done
}

_pinctl_hosts() { # [POLICY]
  "${COMP_WORDS[0]}" list ${1:+--policy "$1"} 2>/dev/null | sed -e 1d -e 's/ .*//'
}

_pinctl_offer_kind() { # WORD KIND [POLICY]
  local host
  case $2 in
    "words "*)
      # shellcheck disable=SC2086 # words of the table, without blanks or wildcards
      _pinctl_offer "$1" ${2#words }
      ;;
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$1")
      ;;
    folders)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$1")
      ;;
    programs)
      mapfile -t COMPREPLY < <(compgen -c -- "$1")
      ;;
    hosts)
      while read -r host; do
        # A wildcard is quoted, or the shell would take it for one of its own.
        if [[ $host == "$1"* ]]; then COMPREPLY+=("$(printf '%q' "$host")"); fi
      done < <(_pinctl_hosts "$3")
      ;;
  esac
}

_pinctl() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} policy='' option='' ended='' operands=0 kind i this
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    # shellcheck disable=SC2046 # words of the table
    _pinctl_offer "$word" $(_pinctl_verbs) --help --version
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    this=${COMP_WORDS[i]}
    if [[ $this == : ]]; then
      # bash takes HOST:PORT apart.
      i=$((i + 1))
    elif [[ -n $option && $this == = ]]; then
      continue
    elif [[ -n $option ]]; then
      if [[ $option == --policy ]]; then policy=$this; fi
      option=
    elif [[ -n $ended || $this != -?* ]]; then
      operands=$((operands + 1))
      # What follows a program is its own.
      if [[ $(_pinctl_kind "$verb $operands") == programs ]]; then ended=1; fi
    elif [[ $this == -- ]]; then
      ended=1
    elif [[ -n $(_pinctl_kind "$verb $this") ]]; then
      option=$this
    fi
  done
  if [[ $word == = ]]; then word=; fi
  if [[ -n $option ]]; then
    _pinctl_offer_kind "$word" "$(_pinctl_kind "$verb $option")" "$policy"
    return
  fi
  kind=$(_pinctl_kind "$verb $((operands + 1))")
  if [[ -z $ended && ($word == -* || -z $kind) ]]; then
    # shellcheck disable=SC2046 # words of the table
    _pinctl_offer "$word" $(_pinctl_options "$verb")
  else
    _pinctl_offer_kind "$word" "$kind" "$policy"
  fi
}

complete -F _pinctl pinctl
