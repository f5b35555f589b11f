using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Crashes;

/// <summary>A program that could not be loaded says so in its loader's words (W2, class library).</summary>
public sealed class LoaderFailureTests
{
    [Theory]
    [InlineData(
        127,
        "./p: error while loading shared libraries: libfoo.so.1: cannot open shared object file: No such file or directory",
        "the library libfoo.so.1 cannot be loaded: cannot open shared object file"
    )]
    [InlineData(
        127,
        "./p: error while loading shared libraries: /lib/libfoo.so: wrong ELF class: ELFCLASS32",
        "the library /lib/libfoo.so is for another architecture or damaged"
    )]
    [InlineData(
        1,
        "./p: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./p)",
        "./p needs GLIBC_2.38 of /lib/x86_64-linux-gnu/libc.so.6"
    )]
    [InlineData(
        127,
        "./p: symbol lookup error: /usr/lib/libfoo.so: undefined symbol: bar",
        "/usr/lib/libfoo.so does not fit its libraries: undefined symbol: bar"
    )]
    [InlineData(
        127,
        "Error loading shared library libfoo.so: No such file or directory (needed by ./p)",
        "the library libfoo.so cannot be loaded"
    )]
    [InlineData(126, "bash: ./p: cannot execute binary file: Exec format error", "is for another machine than this one")]
    [InlineData(
        126,
        "clw-runner: clw-plugin-invalid: /plugins/p cannot be executed: Exec format error",
        "/plugins/p is for another machine"
    )]
    [InlineData(
        126,
        "clw-runner: clw-plugin-invalid: /plugins/p cannot be executed: No such file or directory",
        "the loader that /plugins/p asks for"
    )]
    public void TheLoadersWordsAreUnderstood(int code, string line, string sentence)
    {
        Assert.Contains(sentence, LoaderFailure.Of(code, ["before", line]), StringComparison.Ordinal);
        var end = new ProcessEnd(code, null, CoreDumped: false, 0, TimeSpan.Zero);
        var meaning = ExitClassification.OfLoaded(ExitClassification.Of(end, false, false, null), [line]);
        Assert.Equal(
            (ExitClass.Library, "clw-worker-crash", true, "library"),
            (meaning.Class, meaning.Code, meaning.IsCrash, meaning.Cause)
        );
    }

    [Theory]
    [InlineData(2, "./p: error while loading shared libraries: libfoo.so.1: cannot open shared object file")]
    [InlineData(1, "./p: error while loading shared libraries: libfoo.so.1: cannot open shared object file")]
    [InlineData(127, "sh: 1: nosuchcommand: not found")]
    public void WhatAProgramSaysOfItselfIsNotTheLoaders(int code, string line) => Assert.Null(LoaderFailure.Of(code, [line]));

    [Fact]
    public void CausesHaveOneNameEach()
    {
        foreach (var kind in Enum.GetValues<ExitClass>())
        {
            Assert.Contains(CrashCause.Of(kind), CrashCause.All.Append(""));
        }

        Assert.Equal(["segfault", "out_of_memory", "abort", "killed", "signal", "configuration", "library", "exit"], CrashCause.All);
    }
}
