using System.Reflection;
using System.Text.RegularExpressions;
using OpenClaw.Core.Errors;

namespace OpenClaw.Tests.Core;

public sealed partial class TasksCatalogueTests
{
    private static readonly List<ErrorEntry> All = [.. Catalogue.All];

    private static IEnumerable<PropertyInfo> Properties =>
        typeof(Catalogue).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(p => p.PropertyType == typeof(ErrorEntry));

    [Fact]
    public void Every_entry_is_in_the_list_once_under_its_own_name()
    {
        Assert.NotEmpty(Properties);
        foreach (var property in Properties)
        {
            var entry = (ErrorEntry)property.GetValue(null)!;
            Assert.Single(All, e => ReferenceEquals(e, entry));
            Assert.Same(entry, Catalogue.Find(entry.Code));
            Assert.Equal(property.Name, entry.Code[4..].Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        }

        Assert.Equal(Properties.Count(), All.Count);
        Assert.Equal(All.Count, All.Select(e => e.Code).Distinct().Count());
    }

    [Fact]
    public void Codes_are_well_formed_and_related_ones_exist()
    {
        Assert.All(All, e => Assert.Matches(Code(), e.Code));
        Assert.All(
            All,
            e =>
                Assert.All(
                    e.Related,
                    code => Assert.True(Catalogue.Find(code) is not null && code != e.Code, $"{e.Code} relates to {code}")
                )
        );
    }

    [Fact]
    public void Texts_are_there_and_of_one_line()
    {
        foreach (var entry in All)
        {
            Assert.NotEmpty(entry.Causes);
            Assert.NotEmpty(entry.Checks);
            Assert.NotEmpty(entry.Cure);
            Assert.False(entry.Title.EndsWith('.'), entry.Code);
            Assert.True(entry.Meaning.EndsWith('.'), entry.Code);
            foreach (var text in entry.Causes.Concat(entry.Checks).Concat(entry.Cure).Append(entry.Title).Append(entry.Meaning))
            {
                Assert.True(
                    text.Trim() == text && text.Length > 0 && !text.Contains('\n', StringComparison.Ordinal),
                    $"{entry.Code}: '{text}'"
                );
            }
        }
    }

    [Fact]
    public void A_failure_says_what_to_do_next()
    {
        Assert.All(All, e => Assert.NotEqual(ExitCode.Ok, e.Exit));
        Assert.All(All, e => Assert.True(Enum.IsDefined(e.Exit) && Enum.IsDefined(e.Kind)));
        Assert.Equal(Catalogue.Usage.Cure[0], new Failure(Catalogue.Usage, "x").NextStep);
        Assert.Equal("y", new Failure(Catalogue.Usage, "x", "y").NextStep);
        Assert.Same(Catalogue.Internal, Catalogue.FindOrInternal("clw-from-the-future"));
    }

    [GeneratedRegex("^clw(-[a-z]+)+$")]
    private static partial Regex Code();

    [Theory]
    [InlineData("127.0.0.1:9090", true)]
    [InlineData("127.0.0.1:9190", false)]
    [InlineData("10.0.0.7:9090", false)]
    public void A_cluster_on_this_machine_is_offered_where_nobody_named_another(string address, bool offered)
    {
        var advice = RefusedAdvice.Of(address);
        Assert.Equal(offered, advice.Contains("clw up", StringComparison.Ordinal));
        Assert.Equal(address.StartsWith("10.", StringComparison.Ordinal), advice.Contains("firewall", StringComparison.Ordinal));
    }
}
