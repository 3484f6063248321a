
# Whether the cursor is at a word of this verb. With two numbers: at an operand from the first to the second.
function __pinctl_at --argument-names verb first last
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $verb; or return 1
    test -n "$first"; or return 0
    set -l valued (__pinctl_valued $verb)
    set -l operands 1
    set -l takes_value
    set -l ended
    for word in $words[3..-1]
        if test -n "$takes_value"
            set takes_value
        else if test "$word" = --
            set ended 1
        else if test -z "$ended"; and string match -q -- '--*' $word
            contains -- $word $valued; and set takes_value 1
        else
            set operands (math $operands + 1)
        end
    end
    test -z "$takes_value"; and test $operands -ge $first; and test $operands -le $last
end

function __pinctl_hosts
    set -l words (commandline -opc)
    set -l policy
    if set -l index (contains -i -- --policy $words); and test $index -lt (count $words)
        set policy --policy $words[(math $index + 1)]
    end
    pinctl list $policy 2>/dev/null | tail -n +2 | string replace -r ' .*' ''
end

complete -c pinctl -f
complete -c pinctl -n 'test (count (commandline -opc)) -eq 1' -a --help
complete -c pinctl -n 'test (count (commandline -opc)) -eq 1' -a --version
