using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;

namespace OpenClaw.Cli.Commands;

/// <summary><c>clw explain CODE | --list</c>: the catalogue of failures.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string?> Code = new("code")
    {
        Description = "A code, such as clw-connection-refused; the clw- may be left out",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> List = new("--list") { Description = "List all codes" };

    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(run, "explain", "What a code means, its likely causes, and what to do", RunAsync, Code, List);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var asked = invocation.Get(Code);
        if (invocation.Get(List) || asked is null)
        {
            ListAll(invocation);
            return Task.FromResult(0);
        }

        var entry =
            Catalogue.Find(asked.ToLowerInvariant())
            ?? Catalogue.Find("clw-" + asked.ToLowerInvariant())
            ?? throw Unknown(asked).AsException();
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, entry));
        }
        else
        {
            foreach (var line in Lines(entry))
            {
                invocation.Terminal.WriteLine(line);
            }
        }

        return Task.FromResult(0);
    }

    /// <summary>An entry as people read it.</summary>
    internal static IEnumerable<string> Lines(ErrorEntry entry)
    {
        yield return $"{entry.Code}: {entry.Title}";
        yield return "";
        yield return entry.Meaning;
        foreach (
            var (title, items) in new[]
            {
                ("Likely causes, the most likely first:", entry.Causes),
                ("How to check:", entry.Checks),
                ("What to do:", entry.Cure),
            }
        )
        {
            yield return "";
            yield return title;
            foreach (var (item, i) in items.Select((item, i) => (item, i + 1)))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"  {i}. {item}");
            }
        }

        yield return "";
        if (entry.Related.Count > 0)
        {
            yield return $"Related: {string.Join(", ", entry.Related)}";
        }

        yield return $"Exit code: {(int)entry.Exit}";
    }

    private static void ListAll(Invocation invocation)
    {
        if (invocation.Json)
        {
            Json.Write(
                invocation.Terminal,
                writer =>
                {
                    writer.WriteStartArray();
                    foreach (var entry in Catalogue.All)
                    {
                        Write(writer, entry);
                    }

                    writer.WriteEndArray();
                }
            );
            return;
        }

        var table = new Table("CODE", "EXIT", "TITLE");
        foreach (var entry in Catalogue.All)
        {
            table.Add(entry.Code, ((int)entry.Exit).ToString(CultureInfo.InvariantCulture), entry.Title);
        }

        foreach (var line in table.Lines())
        {
            invocation.Terminal.WriteLine(line);
        }
    }

    private static void Write(Utf8JsonWriter writer, ErrorEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteString("code", entry.Code);
        writer.WriteString("title", entry.Title);
        writer.WriteString("meaning", entry.Meaning);
        foreach (
            var (name, items) in new[]
            {
                ("causes", entry.Causes),
                ("checks", entry.Checks),
                ("cure", entry.Cure),
                ("related", entry.Related),
            }
        )
        {
            writer.WriteStartArray(name);
            foreach (var item in items)
            {
                writer.WriteStringValue(item);
            }

            writer.WriteEndArray();
        }

        writer.WriteNumber("exit", (int)entry.Exit);
        writer.WriteEndObject();
    }

    private static Failure Unknown(string asked)
    {
        var near = NearestName.Find(asked, Catalogue.All.SelectMany(e => new[] { e.Code, e.Code["clw-".Length..] }));
        return new(
            Catalogue.Usage,
            $"there is no code '{asked}'{(near is null ? "" : $"; did you mean {near}?")}",
            "List all codes: clw explain --list"
        );
    }
}
