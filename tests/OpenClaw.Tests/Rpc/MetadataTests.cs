using FsCheck;
using FsCheck.Fluent;
using OpenClaw.Rpc;

namespace OpenClaw.Tests.Rpc;

public sealed class MetadataTests
{
    [Fact]
    public void BytesComeBackPaddedOrNot() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<byte[]>(bytes =>
            {
                var wire = RpcMetadata.EncodeBinary(bytes ?? []);
                return !wire.Contains('=')
                    && RpcMetadata.TryDecodeBinary(wire, out var bare)
                    && RpcMetadata.TryDecodeBinary(Convert.ToBase64String(bytes ?? []), out var padded)
                    && bare.SequenceEqual(bytes ?? [])
                    && padded.SequenceEqual(bytes ?? []);
            })
        );

    [Theory]
    [InlineData("a")]
    [InlineData("!!!!")]
    [InlineData("AAAAA")]
    public void WhatIsNotBase64IsSaid(string wire) => Assert.False(RpcMetadata.TryDecodeBinary(wire, out _));

    [Fact]
    public void JoinedBinaryValuesAreTakenApart()
    {
        var metadata = new RpcMetadata();
        metadata.AddReceived("X-Bin", "AQ,Ag==");
        metadata.AddReceived("x-bin", "Aw");
        Assert.True(metadata.TryGetAllBytes("x-bin", out var values));
        Assert.Equal([1, 2, 3], values.Select(v => (int)v.Single()));
    }

    [Fact]
    public void KeysAreLowerCaseAndRepeat()
    {
        var metadata = new RpcMetadata().Add("X-Key", "one").Add("x-key", "two");
        Assert.Equal(["one", "two"], metadata.GetAll("x-key"));
        Assert.Equal("one", metadata.Get("x-key"));
        Assert.Null(metadata.Get("other"));
    }

    [Theory]
    [InlineData("grpc-status", "1")]
    [InlineData("Grpc-Foo", "1")]
    [InlineData(":path", "1")]
    [InlineData("te", "1")]
    [InlineData("content-type", "1")]
    [InlineData("sp ace", "1")]
    [InlineData("ü", "1")]
    [InlineData("", "1")]
    [InlineData("x-bin", "text")]
    [InlineData("x", "ü")]
    [InlineData("x", "two\nlines")]
    [InlineData("x", " blank")]
    public void WhatMayNotTravelIsTheCallersFault(string key, string value) =>
        Assert.Throws<ArgumentException>(() => new RpcMetadata().Add(key, value));

    [Fact]
    public void BytesNeedTheirSuffix() => Assert.Throws<ArgumentException>(() => new RpcMetadata().Add("x", [1]));

    [Fact]
    public void TheProtocolsOwnHeadersAreNotMetadata()
    {
        var metadata = new RpcMetadata();
        metadata.AddReceived("grpc-accept-encoding", "gzip");
        metadata.AddReceived("te", "trailers");
        metadata.AddReceived("x-mine", "ü is taken as it comes");
        Assert.Equal("x-mine", Assert.Single(metadata).Key);
    }
}
