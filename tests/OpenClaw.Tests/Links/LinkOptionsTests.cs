using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;

namespace OpenClaw.Tests.Links;

public sealed class LinkOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(LinkRig.Plain.Validate());

    public static TheoryData<string, LinkOptions> Wrong =>
        new()
        {
            { "address", LinkRig.Plain with { Addresses = [] } },
            { "address", LinkRig.Plain with { Addresses = ["a", " "] } },
            { "name", LinkRig.Plain with { Name = "" } },
            { "attempts", LinkRig.Plain with { MaxAttempts = -1 } },
            { "dial", LinkRig.Plain with { DialTimeout = TimeSpan.Zero } },
            { "probe", LinkRig.Plain with { ProbeInterval = TimeSpan.Zero } },
            { "probe", LinkRig.Plain with { ProbeTimeout = TimeSpan.Zero } },
            { "stable", LinkRig.Plain with { StableAfter = TimeSpan.FromSeconds(-1) } },
            { "wait", LinkRig.Plain with { MaxRetryAfter = TimeSpan.Zero } },
            { "idle", LinkRig.Plain with { IdleTimeout = TimeSpan.Zero } },
            { "history", LinkRig.Plain with { HistoryLimit = 0 } },
            { "probe interval", LinkRig.Plain with { MaxAttempts = 3, ProbeInterval = null } },
            { "keep-alive", LinkRig.Plain with { KeepAlive = new(TimeSpan.Zero, TimeSpan.FromSeconds(1)) } },
            { "health", LinkRig.Plain with { HealthCheck = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 0) } },
            { "flap", LinkRig.Plain with { Flap = new() { Drops = 0 } } },
            { "multiplier", LinkRig.Plain with { Backoff = BackoffOptions.Default with { Multiplier = 0.5 } } },
        };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_is_named_and_the_machine_refuses_it(string word, LinkOptions options)
    {
        var failure = Assert.Single(options.Validate());
        Assert.Same(Catalogue.ConfigInvalid, failure.Entry);
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new LinkMachine(options, new Random(1), default));
    }
}
