using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Core.Errors;
using OpenClaw.Rpc;
using OpenClaw.Rpc.Wire;

namespace OpenClaw.Tests.Rpc;

public sealed class StatusTests
{
    [Fact]
    public void EveryTextSurvivesPercentEncoding() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<NonNull<string>>(text =>
            {
                // What is no Unicode (an unpaired surrogate) cannot travel and is replaced.
                var sent = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
                var wire = PercentEncoding.Encode(text.Get);
                return wire.All(c => c is >= ' ' and <= '~') && PercentEncoding.Decode(wire) == sent;
            })
        );

    [Fact]
    public void DecodingNeverFails() =>
        Check.QuickThrowOnFailure(Prop.ForAll<NonNull<string>>(text => PercentEncoding.Decode(text.Get) is not null));

    [Theory]
    [InlineData("a%b", "a%b")]
    [InlineData("100%", "100%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("%ff", "\uFFFD")]
    [InlineData("%c3%BC", "ü")]
    public void BrokenEncodingStays(string wire, string text) => Assert.Equal(text, PercentEncoding.Decode(wire));

    [Theory]
    [InlineData("50% ü\n", "50%25 %C3%BC%0A")]
    [InlineData("plain ~text", "plain ~text")]
    public void EncodesAsOthersDo(string text, string wire) => Assert.Equal(wire, PercentEncoding.Encode(text));

    [Fact]
    public void CodesAreReadAsWritten()
    {
        Assert.Equal(17, Enum.GetValues<RpcCode>().Length);
        foreach (var code in Enum.GetValues<RpcCode>())
        {
            Assert.Equal(code, RpcCodes.Parse(code.Number()));
            Assert.Equal(code.ToString(), code.Name().Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        }
        foreach (var strange in new[] { "", "17", "-1", "00", "99", "x", "1x", " 0", "100" })
        {
            Assert.Equal(RpcCode.Unknown, RpcCodes.Parse(strange));
        }
    }

    [Fact]
    public void EveryEntryComesBackAsItWasSent()
    {
        foreach (var entry in Catalogue.All)
        {
            var sent = new Failure(entry, $"about {entry.Code}: ünïcode");
            Assert.Equal(sent, RoundTrip(sent));
            var particular = sent with { Next = "Do this → now" };
            Assert.Equal(particular.Next, RoundTrip(particular).Next);
            Assert.Equal(FailureStatus.CodeOf(entry.Kind), FailureStatus.ToStatus(sent).Code);
        }
    }

    [Fact]
    public void DataComesBack() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<NonNull<string>, NonNull<string>>(
                (key, value) =>
                {
                    if (HasLoneSurrogate(key.Get + "|" + value.Get))
                    {
                        return true;
                    }
                    var data = new Dictionary<string, string> { [key.Get] = value.Get, ["other"] = "1" };
                    return RoundTrip(new Failure(Catalogue.Usage, "m") { Data = data })
                        .Data.OrderBy(p => p.Key)
                        .SequenceEqual(data.OrderBy(p => p.Key));
                }
            )
        );

    [Fact]
    public void LargeFailuresAreCutAloud()
    {
        var sent = new Failure(Catalogue.TaskFailed, new string('x', 1489) + "🦀🦀", new string('ü', 500))
        {
            Data = new Dictionary<string, string> { ["a"] = "small", ["b"] = new string('y', 5000) },
        };
        var got = RoundTrip(sent);
        Assert.Equal(new string('x', 1489) + "…", got.Message);
        Assert.Equal(new string('ü', 65) + "…", got.Next);
        Assert.Equal("small", got.Data["a"]);
        Assert.Equal("true", got.Data["truncated"]);
        Assert.False(got.Data.ContainsKey("b"));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('ü')]
    [InlineData('\uFFFD')]
    [InlineData('%')]
    [InlineData('\n')]
    public void TheLargestFailureFitsWhatEveryPeerTakes(char filling)
    {
        var data = Enumerable.Range(0, 100).ToDictionary(n => $"k{n}", n => new string(filling, 20));
        var sent = new Failure(Catalogue.TaskFailed, new string(filling, 9000), new string(filling, 9000)) { Data = data };
        var status = FailureStatus.ToStatus(sent);
        var trailers = new RpcMetadata();
        FailureStatus.AddTrailers(sent, trailers);
        trailers.Add("details-bin", status.Details.Span);
        trailers.Add("message", PercentEncoding.Encode(status.Message).Trim());
        Assert.InRange(trailers.Sum(e => e.Key.Length + e.Wire.Length + 32), 1500, 8000);
    }

    [Fact]
    public void DetailsAreTheStandardOnes()
    {
        var sent = new Failure(Catalogue.TaskQueueFull, "full", "wait")
        {
            Data = new Dictionary<string, string> { ["retry_after"] = "1.5" },
        };
        var details = Status.Parser.ParseFrom(FailureStatus.ToStatus(sent).Details.Span);
        Assert.Equal(((int)RpcCode.ResourceExhausted, "full"), (details.Code, details.Message));
        var info = details.Details[0].Unpack<ErrorInfo>();
        Assert.Equal(("clw-task-queue-full", "openclaw", "1.5"), (info.Reason, info.Domain, info.Metadata["retry_after"]));
        Assert.Equal("wait", Assert.Single(details.Details[1].Unpack<Help>().Links).Description);
        Assert.Equal(TimeSpan.FromSeconds(1.5), details.Details[2].Unpack<RetryInfo>().RetryDelay.ToTimeSpan());
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", details.Details[0].TypeUrl);
    }

    [Fact]
    public void WhatAnotherProgramAnsweredTravelsOnWithItsStatus()
    {
        foreach (var code in Enum.GetValues<RpcCode>().Where(c => c != RpcCode.Ok))
        {
            var failure = FailureStatus.ToFailure(new(code, "theirs"), []);
            var sent = FailureStatus.ToStatus(failure);
            Assert.Equal((code, "theirs"), (sent.Code, sent.Message));
        }
    }

    [Fact]
    public void ACodeFromTheFutureIsShownAsInternal()
    {
        var trailers = new RpcMetadata().Add("clw-code", "clw-of-tomorrow");
        var failure = FailureStatus.ToFailure(new(RpcCode.NotFound, "gone"), trailers);
        Assert.Equal(("clw-internal", "gone", "clw-of-tomorrow"), (failure.Code, failure.Message, failure.Data["code"]));
    }

    [Theory]
    [InlineData(RpcCode.Cancelled, "clw-call-cancelled")]
    [InlineData(RpcCode.DeadlineExceeded, "clw-deadline-exceeded")]
    [InlineData(RpcCode.Unimplemented, "clw-unimplemented")]
    [InlineData(RpcCode.Unauthenticated, "clw-auth-refused")]
    [InlineData(RpcCode.Unavailable, "clw-connection-lost")]
    [InlineData(RpcCode.InvalidArgument, "clw-remote-failure")]
    public void AForeignStatusGetsTheNearestEntry(RpcCode code, string expected)
    {
        var failure = FailureStatus.ToFailure(new(code, ""), []);
        Assert.Equal((expected, code.Name()), (failure.Code, failure.Data["grpc_status"]));
        Assert.NotEmpty(failure.Message);
    }

    [Fact]
    public void DetailsThatAreNotOursDoNotHurt()
    {
        var failure = FailureStatus.ToFailure(new(RpcCode.NotFound, "m") { Details = new byte[] { 0xFF, 0xFF, 1 } }, []);
        Assert.Equal("unreadable", failure.Data["details"]);
    }

    [Theory]
    [InlineData(400, RpcCode.Internal)]
    [InlineData(401, RpcCode.Unauthenticated)]
    [InlineData(403, RpcCode.PermissionDenied)]
    [InlineData(404, RpcCode.Unimplemented)]
    [InlineData(429, RpcCode.Unavailable)]
    [InlineData(431, RpcCode.Internal)]
    [InlineData(502, RpcCode.Unavailable)]
    [InlineData(503, RpcCode.Unavailable)]
    [InlineData(504, RpcCode.Unavailable)]
    [InlineData(200, RpcCode.Unknown)]
    [InlineData(500, RpcCode.Unknown)]
    public void HttpStatusMeans(int http, RpcCode code) => Assert.Equal(code, StatusMapping.FromHttp(http));

    [Theory]
    [InlineData(0, RpcCode.Internal)]
    [InlineData(1, RpcCode.Internal)]
    [InlineData(7, RpcCode.Unavailable)]
    [InlineData(8, RpcCode.Cancelled)]
    [InlineData(11, RpcCode.ResourceExhausted)]
    [InlineData(12, RpcCode.PermissionDenied)]
    [InlineData(99, RpcCode.Internal)]
    public void Http2ErrorMeans(long error, RpcCode code) => Assert.Equal(code, StatusMapping.FromHttp2Error(error));

    private static Failure RoundTrip(Failure failure)
    {
        var trailers = new RpcMetadata();
        FailureStatus.AddTrailers(failure, trailers);
        var got = FailureStatus.ToFailure(FailureStatus.ToStatus(failure), trailers);
        // Equality of records compares the dictionaries by reference; empty ones are the same.
        return got;
    }

    private static bool HasLoneSurrogate(string text) =>
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)) != text;
}
