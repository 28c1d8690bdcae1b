# fish completion for flambeau

function __flambeau_no_verb
    test (count (commandline -opc)) -eq 1
end

function __flambeau_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1 -a "$words[2]" = $argv[1]
end

function __flambeau_inputs
    __fish_complete_suffix .flb
    __fish_complete_suffix .folded
    __fish_complete_suffix .snap
end

# Every ending on the name that is typed.
function __flambeau_outputs
    set -l word (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
    set -l folder (string match -r -- '^.*/' $word)
    set -l stem (string replace -r -- '\..*' '' (string replace -- "$folder" '' $word))
    test -n "$stem"; and printf '%s\n' "$folder$stem"$argv
end

# epmd knows names without hosts.
function __flambeau_nodes
    set -l program (commandline -opc)[1]
    for name in ($program nodes 2>/dev/null | string replace -r ' .*' '')
        printf '%s\n' $name@localhost $name@127.0.0.1 $name@(string replace -r '\..*' '' $hostname)
    end
end

complete -c flambeau -f
complete -c flambeau -n __flambeau_no_verb -s h -l help -d 'show the list of verbs'
complete -c flambeau -n __flambeau_no_verb -s V -l version -d 'show the version'
# FISH TABLES
