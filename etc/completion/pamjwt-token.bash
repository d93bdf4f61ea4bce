# bash completion for pamjwt-token, made by `pamjwt-token --completion bash`
_pamjwt_token() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
        case $prev in
        --host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur"); return ;;
        --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --completion) mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$cur"); return ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W '--host --sudo --config --renew --forget --qr --no-qr --json --help --version --completion' -- "$cur")
}
complete -o filenames -F _pamjwt_token pamjwt-token
