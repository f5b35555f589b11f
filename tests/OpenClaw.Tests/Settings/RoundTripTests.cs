using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Settings;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Settings;

/// <summary>What is written to a format reads back the same, whatever it is.</summary>
public sealed class RoundTripTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Elements(
            "",
            " ",
            "a",
            "null",
            "true",
            "0",
            "-1",
            "1e3",
            "5s",
            "~",
            "#",
            "'",
            "\"",
            "\\",
            "\n",
            "\t",
            "a: b",
            "[x]",
            "{y}",
            "é",
            "漢字",
            "🦀",
            "\r\n",
            "\u0001",
            "\u007f",
            "//",
            "/*"
        ),
        ArbMap.Default.GeneratorFor<string>().Where(s => s is not null).Select(Clean)
    );

    private static readonly Gen<object> Leaves = Gen.OneOf<object>(
        Texts.Select(t => (object)t),
        ArbMap.Default.GeneratorFor<int>().Select(i => (object)(long)i),
        ArbMap.Default.GeneratorFor<bool>().Select(b => (object)b),
        // Minus zero is zero in a configuration.
        ArbMap.Default.GeneratorFor<NormalFloat>().Select(d => (object)(d.Item + 0.0))
    );

    private static Gen<object> Trees(int depth) =>
        depth == 0
            ? Leaves
            : Gen.Frequency(
                (3, Leaves),
                (1, Trees(depth - 1).ListOf().Resize(4).Select(l => (object)l.ToList())),
                (1, Maps(depth - 1).Select(m => (object)m))
            );

    private static Gen<Dictionary<string, object>> Maps(int depth) =>
        Texts
            .Zip(Trees(depth))
            .ListOf()
            .Resize(5)
            .Select(l => l.DistinctBy(p => p.Item1).ToDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal));

    [Fact]
    public void Yaml() => Check(ConfigFormat.Yaml, m => Flow(m, Json));

    [Fact]
    public void Json5() => Check(ConfigFormat.Json5, m => Flow(m, Single));

    [Fact]
    public void Toml_inline() => Check(ConfigFormat.Toml, m => string.Concat(m.Select(p => $"{Json(p.Key)} = {InlineToml(p.Value)}\n")));

    [Fact]
    public void Toml_tables() => Check(ConfigFormat.Toml, m => Tables(m, ""));

    private static void Check(ConfigFormat format, Func<Dictionary<string, object>, string> write) =>
        Prop.ForAll(
                Maps(3).ToArbitrary(),
                map =>
                {
                    var read = ConfigReader.Read(format, write(map), "f");
                    Assert.True(read.IsOk, $"{read.Failure}\n{write(map)}");
                    Assert.Equal(Shape(map), Shape(read.Value));
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>One text per tree, the same for what was written and what was read.</summary>
    private static string Shape(object node) =>
        node switch
        {
            Dictionary<string, object> map => "{"
                + string.Join(",", map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Json(p.Key) + ":" + Shape(p.Value)))
                + "}",
            SettingMap map => "{"
                + string.Join(",", map.Entries.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Json(p.Key) + ":" + Shape(p.Value)))
                + "}",
            List<object> list => "[" + string.Join(",", list.Select(Shape)) + "]",
            SettingList list => "[" + string.Join(",", list.Items.Select(Shape)) + "]",
            SettingScalar scalar => Json(scalar.Text),
            string text => Json(text),
            bool flag => flag ? "\"true\"" : "\"false\"",
            double number => Json(number.ToString("R", CultureInfo.InvariantCulture)),
            _ => Json(Convert.ToString(node, CultureInfo.InvariantCulture)!),
        };

    private static string Flow(object node, Func<string, string> quote) =>
        node switch
        {
            Dictionary<string, object> map => "{" + string.Join(", ", map.Select(p => $"{quote(p.Key)}: {Flow(p.Value, quote)}")) + "}",
            List<object> list => "[" + string.Join(", ", list.Select(i => Flow(i, quote))) + "]",
            string text => quote(text),
            _ => Plain(node),
        };

    private static string InlineToml(object node) =>
        node switch
        {
            Dictionary<string, object> map => "{" + string.Join(", ", map.Select(p => $"{Json(p.Key)} = {InlineToml(p.Value)}")) + "}",
            List<object> list => "[" + string.Join(",\n  ", list.Select(InlineToml)) + "]",
            string text when !text.Any(c => c == '\'' || char.IsControl(c)) => $"'{text}'",
            string text => Json(text),
            double d when d == Math.Floor(d) && Math.Abs(d) < 1e15 => d.ToString("0.0", CultureInfo.InvariantCulture),
            _ => Plain(node),
        };

    private static string Tables(Dictionary<string, object> map, string path)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in map.Where(p => p.Value is not Dictionary<string, object>))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Json(key)} = {InlineToml(value)} # said\n");
        }
        foreach (var (key, value) in map)
        {
            if (value is Dictionary<string, object> table)
            {
                var inner = path.Length == 0 ? Json(key) : $"{path} . {Json(key)}";
                text.Append(CultureInfo.InvariantCulture, $"\n[ {inner} ]\n").Append(Tables(table, inner));
            }
        }
        return text.ToString();
    }

    private static string Plain(object node) =>
        node switch
        {
            bool flag => flag ? "true" : "false",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            _ => Convert.ToString(node, CultureInfo.InvariantCulture)!,
        };

    private static string Json(string text) =>
        "\""
        + string.Concat(
            text.Select(c =>
                c is '"' or '\\' ? $"\\{c}"
                : char.IsControl(c) || c is '\u2028' or '\u2029' ? $"\\u{(int)c:x4}"
                : c.ToString()
            )
        )
        + "\"";

    private static string Single(string text) =>
        "'" + Json(text)[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";

    /// <summary>Text that UTF-8 and YAML can carry: no lone surrogates, no code points outside of YAML's printable set.</summary>
    private static string Clean(string text) =>
        string.Concat(text.EnumerateRunes().Where(r => r.Value != 0xFFFD && r.Value is not (0xFFFE or 0xFFFF)).Select(r => r.ToString()));
}
