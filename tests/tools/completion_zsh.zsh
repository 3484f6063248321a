# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors

# Completes one command line as an interactive zsh would, and prints what it offers: zsh -f FILE FOLDER LINE.
# FOLDER holds the completion function. Completion exists in the line editor only, so there is one in a zpty.
zmodload zsh/zpty
zpty editor zsh -f -i
# Everything that is added as a match is written down. A call with -O, -A or -D adds none: it only asks.
zpty -w editor "PS1= PS2= RPS1=; stty -echo; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w editor "zstyle ':completion:*' menu no; setopt no_list_beep no_auto_list"
zpty -w editor 'compadd() {
  if [[ "$*" == (|* )-[OAD]* && ${@[(i)--]} -gt ${@[(i)-[OAD]]} ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -A offered "$@"
  (( $#offered )) && print -rl -- "<"$^offered">" >>$OFFERED
  return 0
}'
zpty -w editor 'finish() { zle complete-word; zle kill-buffer; print -r -- END >>$OFFERED }; zle -N finish; bindkey "^X" finish'
zpty -w editor "$2"$'\x18'
