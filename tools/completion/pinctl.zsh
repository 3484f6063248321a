
_pinctl_hosts() {
  local -a policy hosts
  if [[ -n ${opt_args[--policy]} ]]; then policy=(--policy "${(Q)opt_args[--policy]}"); fi
  hosts=(${${(f)"$(_call_program hosts pinctl list $policy 2>/dev/null)"}[2,-1]%% *})
  compadd -a hosts
}

_pinctl() {
  local curcontext=$curcontext verb
  local -a state line verbs specs
  typeset -A opt_args
  if (( CURRENT == 2 )); then
    _pinctl_verbs
    _describe -t verbs verb verbs
    compadd -- --help --version
    return
  fi
  verb=$words[2]
  shift words
  (( CURRENT-- ))
  _pinctl_specs "$verb"
  (( $#specs )) && _arguments -S : "$specs[@]"
}

_pinctl "$@"
