using OpenClaw.Worker.Plugins;

namespace OpenClaw.Tests.Worker;

/// <summary>One judgement of files for everyone who asks, and manifests.</summary>
public sealed class PluginScanTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-scan-");

    public void Dispose() => directory.Delete(recursive: true);

    private void File_(string name, string text = "#!/bin/sh\n", bool executable = true)
    {
        var path = Path.Combine(directory.FullName, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, executable ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100);
    }

    private PluginSet Read() => PluginScan.Read(directory.FullName, PluginScan.Hash);

    private string Problem(string name) => Assert.Single(Read().Problems, p => Path.GetFileName(p.Path) == name).Problem;

    [Theory]
    [InlineData(".profile", "hidden")]
    [InlineData("tool~", "backup")]
    [InlineData("tool.bak", "backup")]
    [InlineData("tool.sh.swp", "backup")]
    [InlineData("tool.dpkg-old", "backup")]
    [InlineData("#tool#", "backup")]
    [InlineData("README.md", "left alone")]
    [InlineData("helper.dll", "left alone")]
    public void WhatIsNoPluginIsLeftAloneEvenWhenItIsExecutable(string name, string reason)
    {
        File_(name);
        var set = Read();
        Assert.Contains(reason, Assert.Single(set.LeftAlone).Problem, StringComparison.Ordinal);
        Assert.Empty(set.Problems);
        Assert.Equal(PluginSet.Builtins.Handlers.Count, set.Handlers.Count);
    }

    [Theory]
    [InlineData("just text\n", "neither #!")]
    [InlineData("", "is empty")]
    [InlineData("#!/no/such/interpreter\n", "interpreter /no/such/interpreter is not on this machine")]
    [InlineData("#!/bin/sh\r\n", "carriage return")]
    [InlineData("#!\n", "names no interpreter")]
    [InlineData("#!/usr/bin/env -S no-such-program-here\n", "no-such-program-here is not on the PATH")]
    public void AProgramThatTheSystemWouldNotStartIsAProblem(string text, string what)
    {
        File_("tool", text);
        Assert.Contains(what, Problem("tool"), StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNotExecutableIsLeftAloneAndSaysWhatWouldHelp()
    {
        File_("tool.sh", executable: false);
        Assert.Contains("chmod +x", Assert.Single(Read().LeftAlone).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ABinaryIsTakenAsItIs()
    {
        File.Copy("/bin/true", Path.Combine(directory.FullName, "tool"));
        Assert.Equal("exec", Read().Handlers["tool"].Kind);
    }

    [Theory]
    [InlineData("yaml", "mode: serve\ntimeout: 2m\nmax_memory: 64MiB\nversion: \"1.2\"\ndescription: Does it\n")]
    [InlineData("toml", "mode = \"serve\"\ntimeout = \"2m\"\nmax_memory = \"64MiB\"\nversion = \"1.2\"\ndescription = \"Does it\"\n")]
    [InlineData("json", "{\"mode\":\"serve\",\"timeout\":120,\"max_memory\":\"64MiB\",\"version\":\"1.2\",\"description\":\"Does it\"}")]
    public void AManifestDescribesThePluginOfItsName(string extension, string text)
    {
        File_("tool.py");
        var plain = Read().Handlers["tool"];
        File_("tool." + extension, text, executable: false);
        var served = Read().Handlers["tool"];
        Assert.Equal(
            new PluginManifest
            {
                Mode = PluginMode.Serve,
                Timeout = TimeSpan.FromMinutes(2),
                MaxMemoryBytes = 64 << 20,
                Version = "1.2",
                Description = "Does it",
            },
            served.Manifest
        );
        Assert.Equal(("exec", "serve"), (plain.Kind, served.Kind));
        Assert.NotEqual(plain.Version, served.Version);
    }

    [Theory]
    [InlineData("mode: serv", ":1:7: mode: expected plain or serve")]
    [InlineData("version: \"1\"\ntimeuot: 5s", ":2:1: timeuot: is no key of a manifest; did you mean timeout?")]
    [InlineData(
        "colour: red",
        ":1:1: colour: is no key of a manifest: there are mode, isolation, timeout, start_timeout, max_memory, max_cpu, max_processes, max_open_files, max_file_size, max_output, oom_score, version, description, on_link_loss, lease_stop, reassign_after"
    )]
    [InlineData("timeout: soon", ":1:10: timeout: expected a duration")]
    [InlineData("isolation: alone", ":1:12: isolation: expected pool or task")]
    [InlineData("isolation: pool", ":1:1: isolation: pool is for Lua and mode: serve")]
    [InlineData("timeout: 0", ":1:10: timeout: must be longer than nothing")]
    [InlineData("start_timeout: 5s", ":1:1: start_timeout: is for mode: serve")]
    [InlineData("mode: serve\nstart_timeout: 2h", ":2:16: start_timeout: must be longer than nothing and at most 1 h")]
    [InlineData("max_memory: 10", ":1:13: max_memory: must be at least 1 MiB")]
    [InlineData("on_link_loss: go", ":1:15: on_link_loss: expected stop or continue")]
    [InlineData("lease_stop: 100ms", ":1:13: lease_stop: must be from 1 s to 1 day")]
    [InlineData("reassign_after: 30s", ":1:1: reassign_after: needs a shorter lease_stop beside it, or on_link_loss: continue")]
    [InlineData("lease_stop: 30s\nreassign_after: 30s", ":2:1: reassign_after: needs a shorter lease_stop beside it")]
    [InlineData("mode: plain\nmode: serve", ":2:1: mode: stands here again")]
    [InlineData("- a", "expected keys with values")]
    [InlineData("mode: [", "not YAML")]
    public void AManifestWithAMistakeNamesItsPlaceAndItsPluginIsNotServed(string text, string what)
    {
        File_("tool");
        File_("tool.yaml", text, executable: false);
        Assert.Contains(what, Problem("tool"), StringComparison.Ordinal);
        Assert.DoesNotContain("tool", Read().Handlers.Keys);
    }

    [Fact]
    public void ATypesNameIsBoundedAsAtASubmission()
    {
        var longest = new string('é', 100);
        File_(longest);
        File_(longest + "x");
        Assert.Contains(longest, Read().Handlers.Keys);
        Assert.Contains("and has 201 bytes; a type has at most 200", Problem(longest + "x"), StringComparison.Ordinal);
        Assert.DoesNotContain(longest + "x", Read().Handlers.Keys);
    }

    [Fact]
    public void AScriptTakesATimeoutAndNoMode()
    {
        File_("tool.lua", "function process_tool() end", executable: false);
        File_("tool.yaml", "timeout: 5s", executable: false);
        Assert.Equal(TimeSpan.FromSeconds(5), Read().Handlers["tool"].Manifest.Timeout);
        File_("tool.yaml", "mode: serve", executable: false);
        Assert.Contains("is for executables", Problem("tool.lua"), StringComparison.Ordinal);
    }

    [Fact]
    public void AManifestAloneIsLeftAloneAndTwoAreOneTooMany()
    {
        File_("other.json", "{}", executable: false);
        File_("tool");
        File_("tool.json", "{}", executable: false);
        File_("tool.yaml", "", executable: false);
        var set = Read();
        Assert.Contains("there is no such plugin", Assert.Single(set.LeftAlone).Problem, StringComparison.Ordinal);
        Assert.Contains("tool.json describes tool already", Assert.Single(set.Problems).Problem, StringComparison.Ordinal);
        Assert.Contains("tool", set.Handlers.Keys);
    }
}
