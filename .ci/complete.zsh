# Completes a line at a terminal of zsh's own making, with the Tab key, as a person would. The line is printed in place of being run.
# usage: zsh -f .ci/complete.zsh FOLDER LINE COMPLETED      FOLDER: one with completion.zsh
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= TERM=dumb; autoload -Uz compinit; compinit -u -d $1/zcompdump; source $1/completion.zsh; bindkey -e; print -r rea''dy"
zpty -r -m shell line '*ready*' || exit 1
zpty -w -n shell "$2"$'\t'
zpty -w -n shell $'\C-aecho got:\n'
zpty -r -m shell line "*got:$3*"
