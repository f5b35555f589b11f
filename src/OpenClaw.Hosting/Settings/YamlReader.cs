using OpenClaw.Core.Settings;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OpenClaw.Hosting.Settings;

/// <summary>YAML by events, so that every node keeps its mark. One document; no anchors, aliases or tags of its own.</summary>
internal sealed class YamlReader
{
    private readonly string name;
    private readonly Parser parser;
    private int depth;

    private YamlReader(string text, string name)
    {
        this.name = name;
        parser = new Parser(new StringReader(text));
    }

    internal static SettingMap Read(string text, string name)
    {
        var reader = new YamlReader(text, name);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            throw reader.Explain(e, text);
        }
    }

    private SettingMap ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return new(SourcePosition.File(name, 1, 1), []);
        }
        parser.Consume<DocumentStart>();
        var root = ReadNode();
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
        {
            throw new ConfigSyntaxException(At(second.Start), "a second document begins here; one file holds one");
        }
        return root switch
        {
            SettingMap map => map,
            SettingScalar { Kind: ScalarKind.Null } => new(root.At, []),
            _ => throw new ConfigSyntaxException(root.At, $"expected keys with values, not {root.Describe()}"),
        };
    }

    private SettingNode ReadNode()
    {
        var at = At(parser.Current!.Start);
        if (++depth > ConfigReader.MaxDepth)
        {
            throw new ConfigSyntaxException(at, $"nested deeper than {ConfigReader.MaxDepth} levels");
        }
        try
        {
            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                throw new ConfigSyntaxException(at, $"the alias *{alias.Value} is not taken; write the value out");
            }
            if (parser.Current is NodeEvent { Anchor.IsEmpty: false } anchored)
            {
                throw new ConfigSyntaxException(at, $"the anchor &{anchored.Anchor} is not taken; write the value where it is used");
            }
            return parser.Current switch
            {
                Scalar => ReadScalar(parser.Consume<Scalar>(), at),
                SequenceStart => ReadList(at),
                MappingStart => ReadMap(at),
                _ => throw new ConfigSyntaxException(at, "expected a value"),
            };
        }
        finally
        {
            depth--;
        }
    }

    private static SettingScalar ReadScalar(Scalar scalar, SourcePosition at)
    {
        if (scalar.Style is not ScalarStyle.Plain)
        {
            return new(at, ScalarKind.Text, scalar.Value);
        }
        return scalar.Value is "" or "~" or "null" or "Null" or "NULL"
            ? new(at, ScalarKind.Null, "")
            : new(at, ScalarKind.Plain, scalar.Value);
    }

    private SettingList ReadList(SourcePosition at)
    {
        parser.Consume<SequenceStart>();
        var items = new List<SettingNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode());
        }
        return new(at, items);
    }

    private SettingMap ReadMap(SourcePosition at)
    {
        parser.Consume<MappingStart>();
        var entries = new List<SettingEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                throw new ConfigSyntaxException(At(parser.Current!.Start), "a key must be plain text");
            }
            entries.Add(new(key.Value, At(key.Start), ReadNode()));
        }
        return new(at, entries);
    }

    private SourcePosition At(Mark mark) => SourcePosition.File(name, (int)mark.Line, (int)mark.Column);

    /// <summary>The parser's complaint in our words, where copying and typing mistakes are common.</summary>
    private ConfigSyntaxException Explain(YamlException e, string text)
    {
        // The parser may complain a line before the tab that it stumbled over.
        var lines = text.Split('\n');
        for (var number = Math.Max(1, (int)e.Start.Line); number <= Math.Min(lines.Length, (int)e.Start.Line + 1); number++)
        {
            var indent = lines[number - 1].AsSpan(0, lines[number - 1].Length - lines[number - 1].AsSpan().TrimStart().Length);
            if (indent.IndexOf('\t') is >= 0 and var tab)
            {
                return new(SourcePosition.File(name, number, tab + 1), "a tab indents the line; YAML takes spaces alone");
            }
        }
        var message = e.Message.ReplaceLineEndings(" ");
        // The parser's word for a list item whose other keys stand at the left margin.
        return new(
            At(e.Start),
            message.Contains("did not find expected '-'", StringComparison.Ordinal)
                ? "this line does not continue the list above it; if the text was copied from a page it may have lost its indentation"
                : $"not YAML: {message}"
        );
    }
}
