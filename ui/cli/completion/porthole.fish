# fish completion for porthole. Commands and options are read from its own help, so that they never disagree.

function __porthole_commands
    porthole --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { c = $1; $1 = ""; print c "\t" substr($0, 2) }'
end

function __porthole_containers
    porthole ls -a 2>/dev/null | awk 'NR > 1 { print $2 "\t" $1 }'
end

function __porthole_options
    set -l words (commandline -opc)
    porthole $words[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*'
end

complete -c porthole -f
complete -c porthole -n __fish_use_subcommand -a '(__porthole_commands)'
complete -c porthole -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__porthole_options)'
complete -c porthole -n '__fish_seen_subcommand_from ps map exec attach logs start stop restart kill pause resume rm rename inspect relaunch' \
    -a '(__porthole_containers)'
complete -c porthole -n '__fish_seen_subcommand_from run check' -a '(porthole images 2>/dev/null | awk "NR > 1 { print \$1 }")'
complete -c porthole -n '__fish_seen_subcommand_from image' -a 'ls import pull rm'
