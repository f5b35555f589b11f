using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OpenClaw.Abi.Crashes;

/// <summary>
/// Where this machine's kernel puts cores: <c>/proc/sys/kernel/core_pattern</c> and <c>core_uses_pid</c>, as core(5) has them.
/// </summary>
public sealed class CorePattern
{
    private const string PatternFile = "/proc/sys/kernel/core_pattern";
    private const string UsesPidFile = "/proc/sys/kernel/core_uses_pid";

    private readonly string pattern;
    private readonly bool addsPid;

    private CorePattern(string pattern, bool usesPid)
    {
        this.pattern = pattern;
        addsPid = usesPid && !pattern.Contains("%p", StringComparison.Ordinal);
    }

    /// <summary>Why no core of the kernel's can be found; null when one can.</summary>
    public string? WhyNot { get; private init; }

    /// <summary>Relative to the working directory of the process that crashed.</summary>
    public bool IsRelative => !pattern.StartsWith('/');

    /// <summary>The machine's; on macOS <see cref="WhyNot"/> says that there is none.</summary>
    public static CorePattern OfMachine()
    {
        if (!OperatingSystem.IsLinux())
        {
            return new("", usesPid: false) { WhyNot = "where this system's kernel puts cores is not looked for" };
        }

        try
        {
            return Parse(File.ReadAllText(PatternFile), File.ReadAllText(UsesPidFile).AsSpan().Trim() is not "0");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new("", usesPid: false) { WhyNot = $"{PatternFile} cannot be read: {e.Message}" };
        }
    }

    /// <summary>From the contents of the two files.</summary>
    public static CorePattern Parse(string pattern, bool usesPid)
    {
        var text = pattern.TrimEnd('\n');
        var whyNot =
            text.StartsWith('|') ? $"the kernel hands cores to {text[1..].Split(' ')[0]} (kernel.core_pattern); coredumpctl may have it"
            : text.StartsWith('@') ? $"the kernel hands cores to the socket {text[1..]} (kernel.core_pattern)"
            : text.Length == 0 && !usesPid ? "the kernel writes none (kernel.core_pattern is empty)"
            : null;
        return new(text, usesPid) { WhyNot = whyNot };
    }

    /// <summary>The directory that a core is put into; null when the pattern has placeholders in directories.</summary>
    /// <param name="workingDirectory">That of the process that crashed.</param>
    public string? DirectoryFor(string workingDirectory)
    {
        var directory = Path.GetDirectoryName(pattern) ?? "/";
        return directory.Contains('%', StringComparison.Ordinal) ? null
            : IsRelative ? Path.Combine(workingDirectory, directory)
            : directory;
    }

    /// <summary>
    /// What a core's file name may be. What the kernel fills in for <c>%p</c> and <c>%s</c> has to fit; of other placeholders
    /// (time, host, program) anything does: whose core it is, is in the core.
    /// </summary>
    /// <param name="pid">Null: of any process.</param>
    /// <param name="signal">The signal's number.</param>
    public Regex NameFor(int? pid, int signal)
    {
        var process = pid is { } id ? id.ToString(CultureInfo.InvariantCulture) : "[0-9]+";
        var name = Path.GetFileName(pattern);
        var expression = new StringBuilder("^");
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '%')
            {
                expression.Append(Regex.Escape(name[i].ToString()));
                continue;
            }

            i++;
            _ = (i < name.Length ? name[i] : '\0') switch
            {
                '%' => expression.Append('%'),
                'p' => expression.Append(process),
                's' => expression.Append(CultureInfo.InvariantCulture, $"{signal}"),
                'u' or 'g' or 't' or 'P' or 'i' or 'I' or 'c' or 'd' or 'C' => expression.Append("[0-9]+"),
                'h' or 'e' or 'f' or 'E' or 'F' => expression.Append(".*"),
                // The kernel drops what it does not know.
                _ => expression,
            };
        }

        if (addsPid)
        {
            expression.Append(name.Length > 0 ? @"\." : @"\.?").Append(process);
        }

        return new Regex(expression.Append('$').ToString(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    public override string ToString() => pattern;
}
