namespace OpenClaw.Cli.Completion;

/// <summary>
/// The scripts that teach a shell. They hold no words of their own: at every Tab they ask the program itself, so that they are never
/// older than it.
/// </summary>
internal static class CompletionScripts
{
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    public static string Of(string shell, IEnumerable<string> names)
    {
        var all = string.Join(' ', names.Prepend("clw"));
        return (
            shell switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            }
        ).Replace("NAMES", all, StringComparison.Ordinal);
    }

    // The line's words are taken apart by bash at '=' and ':' too; the program wants them whole, and bash wants back the rest of one.
    private const string Bash = """
        # bash completion for clw. Install: clw completion bash > ~/.local/share/bash-completion/completions/clw
        # or, for this shell alone: source <(clw completion bash)
        _clw_complete() {
            local program=${COMP_WORDS[0]/#\~/$HOME} name words=() word cur prefix kind line
            name=${program##*/}
            case $name in
                clw | claw | openclaw) ;;
                *) case $program in */*) program=${program%/*}/clw ;; *) program=clw ;; esac ;;
            esac
            # Whole words: "--type", "=", "im" is one of them when nothing stands between.
            local i rest=${COMP_LINE:0:COMP_POINT} part
            for ((i = 0; i <= COMP_CWORD; i++)); do
                part=${COMP_WORDS[i]}
                if [ ${#words[@]} -gt 0 ] && [ "${rest#[[:space:]]}" = "$rest" ] && [ -n "$rest" ]; then
                    words[${#words[@]} - 1]+=$part
                else
                    words+=("$part")
                fi
                rest=${rest#"${rest%%[![:space:]]*}"}
                rest=${rest#"$part"}
            done
            word=${words[${#words[@]} - 1]}
            cur=${COMP_WORDS[COMP_CWORD]}
            case $cur in '=' | ':') cur= ;; esac
            prefix=${word%"$cur"}
            COMPREPLY=()
            {
                read -r kind
                while IFS= read -r line; do
                    line=${line%%$'\t'*}
                    COMPREPLY+=("${line#"$prefix"}")
                done
            } < <(CLW_NO_BUILD=1 "$program" internal complete "$name" -- "${words[@]:1}" 2>/dev/null)
            case $kind in
                files) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur") ;;
                dirs) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur") ;;
            esac
        }
        complete -F _clw_complete NAMES

        """;

    private const string Zsh = """
        #compdef NAMES
        # zsh completion for clw. Install: clw completion zsh > a directory of your fpath, as _clw; for example
        #   mkdir -p ~/.zfunc && clw completion zsh > ~/.zfunc/_clw    with    fpath+=(~/.zfunc)    before compinit in ~/.zshrc
        # or, for this shell alone, after compinit: source <(clw completion zsh)
        _clw() {
            local program=${words[1]/#\~/$HOME} name kind line
            local -a answer entries
            name=${program:t}
            case $name in
                clw | claw | openclaw) ;;
                *) case $program in */*) program=${program:h}/clw ;; *) program=clw ;; esac ;;
            esac
            answer=("${(@f)$(CLW_NO_BUILD=1 "$program" internal complete "$name" -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
            kind=$answer[1]
            for line in "${(@)answer[2,-1]}"; do
                [[ -n $line ]] || continue
                line=${line//:/\\:}
                entries+=("${line/$'\t'/:}")
            done
            (( $#entries )) && _describe -t values value entries
            compset -P '*='
            case $kind in
                files) _files ;;
                dirs) _files -/ ;;
            esac
        }
        if [ "${funcstack[1]}" = _clw ]; then
            _clw "$@"
        else
            compdef _clw NAMES
        fi

        """;

    private const string Fish = """
        # fish completion for clw. Install: clw completion fish > ~/.config/fish/completions/clw.fish
        # or, for this shell alone: clw completion fish | source
        function __clw_complete
            set -l words (commandline -opc)
            set -l program (string replace -r '^~' $HOME -- $words[1])
            set -l name (string replace -r '.*/' '' -- $program)
            if not contains -- $name clw claw openclaw
                if string match -q '*/*' -- $program
                    set program (string replace -r '[^/]*$' clw -- $program)
                else
                    set program clw
                end
            end
            set -l current (commandline -ct)
            set -l answer (CLW_NO_BUILD=1 $program internal complete $name -- $words[2..-1] $current 2>/dev/null)
            for line in $answer[2..-1]
                echo $line
            end
            switch "$answer[1]"
                case files
                    __fish_complete_path $current
                case dirs
                    __fish_complete_directories $current
            end
        end
        for name in NAMES
            complete -c $name -f -a '(__clw_complete)'
        end

        """;
}
