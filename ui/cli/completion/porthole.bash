# bash completion for porthole. Commands and options are read from its own help, so that they never disagree.

_porthole_commands()
{
    porthole --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

_porthole_options()
{
    porthole "$@" --help 2>/dev/null | grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,'
}

_porthole_containers()
{
    porthole ls -a 2>/dev/null | awk 'NR > 1 { print $2 }'
}

_porthole_images()
{
    porthole images 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_porthole()
{
    local word=${COMP_WORDS[COMP_CWORD]} command="" i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --engine | --settings | --theme) ((i++)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    if [[ -z $command ]]; then
        if [[ $word == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_porthole_options)" -- "$word")
        else
            mapfile -t COMPREPLY < <(compgen -W "$(_porthole_commands)" -- "$word")
        fi
        return
    fi
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_porthole_options "$command")" -- "$word")
        return
    fi
    case $command in
    ps | map | exec | attach | logs | start | stop | restart | kill | pause | resume | rm | rename | inspect | relaunch)
        mapfile -t COMPREPLY < <(compgen -W "$(_porthole_containers)" -- "$word")
        ;;
    run | check)
        mapfile -t COMPREPLY < <(compgen -W "$(_porthole_images)" -- "$word")
        ;;
    image)
        mapfile -t COMPREPLY < <(compgen -W "ls import pull rm" -f -- "$word")
        ;;
    esac
}

complete -F _porthole porthole
