using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Tests.Cli;

/// <summary>Pages that must say what the code says.</summary>
public sealed class ErrorsPageTests
{
    internal static readonly string Root = FindRoot();

    /// <summary>docs/errors.md is made of the catalogue; OPENCLAW_WRITE_DOCS=1 writes it again.</summary>
    [Fact]
    public void The_page_of_errors_is_the_catalogue()
    {
        var path = Path.Combine(Root, "docs", "errors.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable("OPENCLAW_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(page, File.ReadAllText(path));
    }

    [Fact]
    public void The_page_of_tasks_has_every_row_of_the_table_and_no_other()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "tasks.md"));
        var table = page[page.IndexOf("| from | event | to |", StringComparison.Ordinal)..];
        var rows = table.Split('\n').Skip(2).TakeWhile(l => l.StartsWith('|'));
        var expected = Transitions.All.Select(t =>
            $"| {(t.From is { } from ? Transitions.Name(from) : "–")} | {Words(t.On.ToString())} | {Transitions.Name(t.To)} |"
        );
        Assert.Equal(expected, rows);
    }

    [Fact]
    public void Links_between_the_pages_lead_somewhere()
    {
        var pages = Directory
            .GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"));
        var broken =
            from page in pages
            from Match link in Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:)([^)#]+)")
            where !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value))
            select $"{Path.GetFileName(page)} → {link.Groups[1].Value}";
        Assert.Empty(broken);
    }

    /// <summary>Where packages come from is the reader's own configuration.</summary>
    [Fact]
    public void No_page_names_the_host_of_a_registry()
    {
        string[] hosts = ["nuget." + "org", "npm" + "js", "py" + "pi.org", "crates" + ".io", "rubygems" + ".org", "docker" + ".io"];
        var named =
            from page in Directory
                .GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
                .Concat(Directory.GetFiles(Root, "*.md"))
                .Append(Path.Combine(Root, "src", "OpenClaw.Client", "README.md"))
            let text = File.ReadAllText(page)
            from host in hosts
            where text.Contains(host, StringComparison.OrdinalIgnoreCase)
            select $"{Path.GetFileName(page)}: {host}";
        Assert.Empty(named);
    }

    private static string Page()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Errors

            Every failure has a code. It stands in the log line, in the task's failure, in the answer of a call and in the error of a command, and `clw explain CODE` prints what is here. A code is never renamed and never reused.

            A command that fails writes `error: CODE: sentence` and `next: what to do` to the standard error, with `--json` one line `{"error":{"code":…,"message":…,"next":…,"exit":…,"data":{…}}}`.

            This page is made of the catalogue in `src/OpenClaw.Core/Errors`; a test holds it.

            ## Exit codes

            | code | means |
            |---|---|
            | 0 | done, or healthy |
            | 1 | the work itself failed: a task did not succeed, a cluster is degraded, a fault of ours |
            | 2 | the command line or the input is wrong; nothing was done |
            | 3 | the named thing does not exist |
            | 4 | the manager cannot be reached |
            | 5 | understood and refused: not allowed, queue full, wrong state |
            | 6 | the configuration is wrong |
            | 7 | disk, database, port or another resource of this machine |
            | 124 | time ran out |
            | 130 | interrupted by Ctrl-C; 143 by SIGTERM, 141 when the reader of the output went away |

            ## Codes


            """.ReplaceLineEndings("\n")
        );
        page.Append("| code | exit | title |\n|---|---|---|\n");
        foreach (var entry in Catalogue.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"| [{entry.Code}](#{entry.Code}) | {(int)entry.Exit} | {entry.Title} |\n");
        }

        foreach (var entry in Catalogue.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n### {entry.Code}\n\n**{entry.Title}.** {entry.Meaning}\n");
            Append(page, "Likely causes", entry.Causes);
            Append(page, "How to check", entry.Checks);
            Append(page, "What to do", entry.Cure);
            if (entry.Related.Count > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"\nRelated: {string.Join(", ", entry.Related.Select(r => $"[{r}](#{r})"))}\n");
            }
        }

        return page.ToString();
    }

    private static void Append(StringBuilder page, string title, IReadOnlyList<string> items)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n{title}:\n\n");
        for (var i = 0; i < items.Count; i++)
        {
            page.Append(CultureInfo.InvariantCulture, $"{i + 1}. {items[i]}\n");
        }
    }

    private static string Words(string name) =>
        string.Concat(
            name.Select((c, i) => char.IsUpper(c) && i > 0 ? " " + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString())
        );

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("no OpenClaw.slnx above the tests");
        }

        return directory.FullName;
    }
}
