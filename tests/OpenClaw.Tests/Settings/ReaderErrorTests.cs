using System.Text;
using OpenClaw.Core.Errors;
using OpenClaw.Hosting.Settings;

namespace OpenClaw.Tests.Settings;

/// <summary>Where each reader says that the syntax breaks.</summary>
public sealed class ReaderErrorTests
{
    [Theory]
    [InlineData("a: 1\n\tb: 2\n", "f.yaml:2:1: a tab indents the line; YAML takes spaces alone")]
    [InlineData("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins here; one file holds one")]
    [InlineData("a: &x 1\n", "f.yaml:1:4: the anchor &x is not taken; write the value where it is used")]
    [InlineData("a: *x\n", "f.yaml:1:4: the alias *x is not taken; write the value out")]
    [InlineData("checks:\n- a: 1\n- b\n c: 1\n", "f.yaml:4:3: not YAML: While scanning a multiline plain scalar, found invalid mapping.")]
    [InlineData("- a\n", "f.yaml:1:1: expected keys with values, not a list")]
    [InlineData("? [a]\n: b\n", "f.yaml:1:3: a key must be plain text")]
    [InlineData(
        "checks:\n- name: a\ntype: http\n  b: c\n",
        "f.yaml:4:4: not YAML: While scanning a plain scalar value, found invalid mapping."
    )]
    public void Yaml(string text, string error) => Assert.Equal(error, Kit.SyntaxError("f.yaml", text));

    [Theory]
    [InlineData("a = \n", "f.toml:1:5: expected a value, found the end of the line")]
    [InlineData("a = 1 2\n", "f.toml:1:7: expected the end of the line, found '2'")]
    [InlineData("a 1\n", "f.toml:1:3: expected '=' after the key, found '1'")]
    [InlineData("= 1\n", "f.toml:1:1: expected a key, found '='")]
    [InlineData("x = 1\n\na = \"open\n", "f.toml:3:5: the text is never closed")]
    [InlineData("a = \"\"\"open\n\n", "f.toml:1:8: the text is never closed")]
    [InlineData("a = \"\\q\"\n", "f.toml:1:6: the escape is not known; in '…' quotes a \\ stands for itself")]
    [InlineData("a = \"\\ud800\"\n", "f.toml:1:8: expected 4 hexadecimal digits of a character")]
    [InlineData(
        "a = 1979-05-27T07:32:00Z\n",
        "f.toml:1:5: the date or time 1979-05-27T07:32:00Z is not taken; write it in quotes where a text is wanted"
    )]
    [InlineData("a = 07:32:00\n", "f.toml:1:5: the date or time 07:32:00 is not taken; write it in quotes where a text is wanted")]
    [InlineData("a = -inf\n", "f.toml:1:5: -inf is not taken; write a number")]
    [InlineData("a = 5s\n", "f.toml:1:5: 5s is no number; a value with a unit stands in quotes: \"5s\"")]
    [InlineData("a = pool\n", "f.toml:1:5: pool is no value; text stands in quotes: \"pool\"")]
    [InlineData("a = 012\n", "f.toml:1:5: 012 is no number; a value with a unit stands in quotes: \"012\"")]
    [InlineData("a = 1__2\n", "f.toml:1:5: 1__2 is no number; a value with a unit stands in quotes: \"1__2\"")]
    [InlineData("a = 1\na = 2\n", "f.toml:2:1: 'a' is given twice; first at f.toml:1:1")]
    [InlineData("[a]\n[b]\n[a]\n", "f.toml:3:2: 'a' is given twice; first at f.toml:1:2")]
    [InlineData("a = 1\n[a.b]\n", "f.toml:2:2: 'a' has a value at f.toml:1:1 and cannot be a table too")]
    [InlineData("[a]\nb.c = 1\n[a.b]\n", "f.toml:3:4: 'a.b' is given twice; first at f.toml:2:1")]
    [InlineData("a = [1, 2\n", "f.toml:1:5: the list is never closed")]
    [InlineData("a = [1 2]\n", "f.toml:1:8: expected ',' or ']', found '2'")]
    [InlineData("a = {b = 1\n", "f.toml:1:5: the table is never closed")]
    [InlineData("[a\n", "f.toml:1:3: expected ']', found the end of the line")]
    [InlineData("[[a]\n", "f.toml:1:4: expected ']]', found ']'")]
    public void Toml(string text, string error) => Assert.Equal(error, Kit.SyntaxError("f.toml", text));

    [Theory]
    [InlineData("{a: }", "f.json5:1:5: not JSON5: Unexpected character encountered while parsing value: }.")]
    [InlineData("{\n  a: 1,\n", "f.json5:1:1: is never closed")]
    [InlineData("[1]", "f.json5:1:1: expected keys with values, not a list")]
    [InlineData("{} {}", "f.json5:1:4: not JSON5: Additional text encountered after finished reading JSON content: {")]
    public void Json5(string text, string error) =>
        Assert.StartsWith(error.TrimEnd('.'), Kit.SyntaxError("f.json5", text), StringComparison.Ordinal);

    [Theory]
    [InlineData("f.yaml", '[', ']')]
    [InlineData("f.json5", '[', ']')]
    [InlineData("f.toml", '[', ']')]
    public void Deep_nesting_ends_with_an_error_and_not_with_the_stack(string name, char open, char close)
    {
        var nested = new string(open, 5000) + new string(close, 5000);
        var text = name switch
        {
            "f.yaml" => $"a: {nested}",
            "f.toml" => $"a = {nested}",
            _ => $"{{a: {nested}}}",
        };
        Assert.StartsWith(name + ":1:", Kit.SyntaxError(name, text), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_configuration_are_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("oc-config-").FullName;
        try
        {
            string Make(string name, byte[] content)
            {
                var path = Path.Combine(folder, name);
                File.WriteAllBytes(path, content);
                return path;
            }
            var binary = Make("b.yaml", [0x61, 0x3a, 0x20, 0xff, 0xfe]);
            var large = Make("l.toml", Encoding.ASCII.GetBytes(new string('#', ConfigReader.MaxBytes + 1)));
            var other = Make("c.ini", []);
            var bom = Make("bom.toml", [0xef, 0xbb, 0xbf, .. "worker.slots = 2"u8]);
            Assert.Equal($"{binary}: is not UTF-8 text", ConfigReader.ReadFile(binary).Failure!.Message);
            Assert.Equal($"{large}: is larger than 1 MiB, which no configuration is", ConfigReader.ReadFile(large).Failure!.Message);
            Assert.Equal($"{other}: the format is not known; use .yaml, .toml or .json5", ConfigReader.ReadFile(other).Failure!.Message);
            Assert.Equal("worker", Assert.Single(ConfigReader.ReadFile(bom).Value.Entries).Key);
            var missing = ConfigReader.ReadFile(Path.Combine(folder, "none.yaml")).Failure!;
            Assert.Same(Catalogue.FileUnreadable, missing.Entry);
            Assert.EndsWith("it does not exist", missing.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
