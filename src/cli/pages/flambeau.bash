# bash completion for flambeau                                   -*- shell-script -*-

# BASH TABLES

# _flambeau_offer WORD...: those that begin with what is typed. `before` is the part of the word that is not theirs.
_flambeau_offer()
{
  local word
  for word; do
    [[ $word == "$value"* ]] && COMPREPLY+=("$before$word")
  done
}

# _flambeau_offer_files ACTION...: of compgen.
_flambeau_offer_files()
{
  local file
  compopt -o filenames 2>/dev/null
  while read -r file; do
    COMPREPLY+=("$before$file")
  done < <(compgen "$@" -- "$value")
}

# Files that end as inputs do, and folders; any file where there is none.
_flambeau_offer_inputs()
{
  local ending
  for ending in flb folded snap; do
    _flambeau_offer_files -f -X "!*.$ending"
  done
  if ((${#COMPREPLY[@]})); then
    _flambeau_offer_files -d
  else
    _flambeau_offer_files -f
  fi
}

# _flambeau_offer_outputs ENDING...: each on the name that is typed, and the files that are there.
_flambeau_offer_outputs()
{
  local base=${value##*/} ending
  local stem=${base%%.*}
  _flambeau_offer_files -f
  [[ -n $stem ]] || return
  for ending; do
    _flambeau_offer "${value%"$base"}$stem$ending"
  done
}

# epmd knows names without hosts. Anybody may have given it one: whatever a shell would take for more is left out.
_flambeau_offer_nodes()
{
  local name rest
  while read -r name rest; do
    [[ $name == *[^A-Za-z0-9_.-]* ]] && continue
    _flambeau_offer "$name@localhost" "$name@127.0.0.1" "$name@${HOSTNAME%%.*}"
  done < <("$program" nodes 2>/dev/null)
}

# readline replaces only what follows the last of its break characters, and an @ itself.
_flambeau_cut_at_breaks()
{
  local breaks=${COMP_WORDBREAKS//[^:=@]/} i
  [[ -n $breaks ]] || return
  local done=${current%"${current##*[$breaks]}"}
  done=${done%@}
  for i in "${!COMPREPLY[@]}"; do
    COMPREPLY[i]=${COMPREPLY[i]#"$done"}
  done
}

_flambeau()
{
  local program=$1 line=${COMP_LINE:0:COMP_POINT} typed before= value option= options= kind= words=
  COMPREPLY=()
  read -ra typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  local count=${#typed[@]}
  local current=${typed[count - 1]} verb=${typed[1]}
  value=$current
  if ((count == 2)); then
    _flambeau_offer $_flambeau_verbs --help --version
    return
  fi
  if [[ $current == --*=* ]]; then
    option=${current%%=*} before=${current%%=*}= value=${current#*=}
  elif [[ ${typed[count - 2]} == -?* ]]; then
    option=${typed[count - 2]}
  fi
  [[ -n $option ]] && _flambeau_value "$verb" "$option"
  if [[ -z $kind && $current == -* ]]; then
    _flambeau_options "$verb"
    _flambeau_offer $options
  elif [[ -z $kind ]]; then
    _flambeau_value "$verb" ''
  fi
  case $kind in
    word) _flambeau_offer $words ;;
    verb) _flambeau_offer $_flambeau_verbs ;;
    node) _flambeau_offer_nodes ;;
    file) _flambeau_offer_files -f ;;
    input) _flambeau_offer_inputs ;;
    output) _flambeau_offer_outputs $words ;;
  esac
  _flambeau_cut_at_breaks
}

complete -F _flambeau flambeau
