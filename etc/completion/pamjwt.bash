# bash completion for pamjwt, made by `pamjwt --completion bash`
_pamjwt_reply() { mapfile -t COMPREPLY < <(compgen "$@" -- "$cur"); }
_pamjwt() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=
        COMPREPLY=()
        if [ "$COMP_CWORD" -eq 1 ]; then
                _pamjwt_reply -W 'encode decode inspect keygen keys refresh check offer-key ssh sudo setup doctor sessions --help --help-reasons --completion --version'
                return
        fi
        case $command:$prev in
        --completion:--completion) _pamjwt_reply -W 'bash zsh fish'; return ;;
        encode:--secret) :; return ;;
        encode:--key) _pamjwt_reply -f; return ;;
        encode:--alg) _pamjwt_reply -W 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 ML-DSA-87 ES256K HS256 HS384 HS512'; return ;;
        encode:--kid) :; return ;;
        encode:--header) :; return ;;
        encode:--issuer) :; return ;;
        encode:--subject) :; return ;;
        encode:--audience) :; return ;;
        encode:--exp) :; return ;;
        encode:--nbf) :; return ;;
        encode:--iat) :; return ;;
        encode:--jti) :; return ;;
        encode:--now) :; return ;;
        decode:--secret) :; return ;;
        decode:--key) _pamjwt_reply -f; return ;;
        decode:--jwks) _pamjwt_reply -f; return ;;
        decode:--discover) :; return ;;
        decode:--ca-file) _pamjwt_reply -f; return ;;
        decode:--fetch) _pamjwt_reply -f; return ;;
        decode:--alg) _pamjwt_reply -W 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 ML-DSA-87 ES256K HS256 HS384 HS512'; return ;;
        decode:--issuer) :; return ;;
        decode:--audience) :; return ;;
        decode:--subject) :; return ;;
        decode:--typ) :; return ;;
        decode:--leeway) :; return ;;
        decode:--require) _pamjwt_reply -W 'exp nbf iat aud iss'; return ;;
        decode:--skip) _pamjwt_reply -W 'exp nbf iat aud iss'; return ;;
        decode:--now) :; return ;;
        inspect:--now) :; return ;;
        keygen:--alg) _pamjwt_reply -W 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 ML-DSA-87 ES256K HS256 HS384 HS512'; return ;;
        keygen:--kid) :; return ;;
        keygen:--bits) :; return ;;
        keygen:--out) _pamjwt_reply -f; return ;;
        keys:--ca-file) _pamjwt_reply -f; return ;;
        keys:--fetch) _pamjwt_reply -f; return ;;
        keys:--config) _pamjwt_reply -f; return ;;
        keys:--cache) _pamjwt_reply -f; return ;;
        keys:--now) :; return ;;
        refresh:--older-than) :; return ;;
        refresh:--fetch) _pamjwt_reply -f; return ;;
        refresh:--config) _pamjwt_reply -f; return ;;
        refresh:--cache) _pamjwt_reply -f; return ;;
        refresh:--now) :; return ;;
        check:--config) _pamjwt_reply -f; return ;;
        check:--service) _pamjwt_reply -W "$(ls /etc/pam.d 2>/dev/null)"; return ;;
        check:--user) _pamjwt_reply -u; return ;;
        check:--fetch) _pamjwt_reply -f; return ;;
        check:--cache) _pamjwt_reply -f; return ;;
        check:--revoked) _pamjwt_reply -f; return ;;
        check:--ssh-key) _pamjwt_reply -f; return ;;
        check:--now) :; return ;;
        offer-key:--config) _pamjwt_reply -f; return ;;
        offer-key:--service) _pamjwt_reply -W "$(ls /etc/pam.d 2>/dev/null)"; return ;;
        ssh:--token-file) _pamjwt_reply -f; return ;;
        ssh:--token-command) :; return ;;
        ssh:--audience) :; return ;;
        sudo:--token-file) _pamjwt_reply -f; return ;;
        sudo:--token-command) :; return ;;
        sudo:--audience) :; return ;;
        setup:--issuer) :; return ;;
        setup:--audience) :; return ;;
        setup:--service) _pamjwt_reply -W "$(ls /etc/pam.d 2>/dev/null)"; return ;;
        setup:--user) :; return ;;
        setup:--match) :; return ;;
        setup:--ca-file) _pamjwt_reply -f; return ;;
        setup:--host-name) :; return ;;
        setup:--stack) :; return ;;
        setup:--token) _pamjwt_reply -f; return ;;
        setup:--login) _pamjwt_reply -u; return ;;
        setup:--within) :; return ;;
        setup:--root) _pamjwt_reply -f; return ;;
        setup:--fetch) _pamjwt_reply -f; return ;;
        doctor:--config) _pamjwt_reply -f; return ;;
        doctor:--cache) _pamjwt_reply -f; return ;;
        doctor:--root) _pamjwt_reply -f; return ;;
        doctor:--now) :; return ;;
        sessions:--sub) :; return ;;
        sessions:--jti) :; return ;;
        sessions:--issuer) :; return ;;
        sessions:--run-dir) _pamjwt_reply -f; return ;;
        sessions:--now) :; return ;;
        esac
        case $command in
        encode) words='--secret --key --alg --kid --header --issuer --subject --audience --exp --nbf --iat --jti --jws --now --json --help' ;;
        decode) words='--secret --key --jwks --discover --ca-file --fetch --alg --issuer --audience --subject --typ --leeway --require --skip --complete --jws --now --json --help' ;;
        inspect) words='--now --json --help' ;;
        keygen) words='--alg --kid --bits --out --pem --json --help' ;;
        keys) words='--public --thumbprint --ca-file --fetch --config --cache --now --json --help' ;;
        refresh) words='--force --check-age --answer --older-than --fetch --config --cache --now --json --help' ;;
        check) words='--config --service --user --offline --fetch --cache --revoked --ssh-key --now --json --help' ;;
        offer-key) words='--config --service --json --help' ;;
        ssh) words='--token-file --token-command --audience --send-anyway --help' ;;
        sudo) words='--token-file --token-command --audience --send-anyway --help' ;;
        setup) words='--issuer --audience --service --user --match --ca-file --host-name --stack --token --login --dry-run --yes --within --confirm --undo --expired --root --fetch --help' ;;
        doctor) words='--config --cache --root --if-removed --now --json --help' ;;
        sessions) words='--sub --jti --issuer --end --all --dry-run --run-dir --now --json --help' ;;
        esac
        case $cur in
        -*) _pamjwt_reply -W "$words" ;;
        @*) cur=${cur#@} && _pamjwt_reply -P @ -f ;;
        *) _pamjwt_reply -f ;;
        esac
}
complete -o filenames -F _pamjwt pamjwt
