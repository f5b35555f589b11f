using System.Text.Json;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Runner;

/// <summary>What scripts can do with pictures, in a real runner.</summary>
public sealed class PictureTests : IAsyncLifetime
{
    private const uint Red = 0xFF0000FF;

    // The two plugins of the guide, as printed.
    private const string Unsafe = """
        function process_image(data)
          local img = load_image(data.path)  -- May return nil
          for i = 1, #img.pixels do  -- Crashes if img nil
            img.pixels[i] = filter(img.pixels[i])
          end
          return img:save()
        end
        """;

    private const string Safe = """
        function process_image(data)
          local img = load_image(data.path)
          if not img then
            error("Failed to load image: " .. data.path)
          end
          local pixels = img.pixels
          if #pixels > 1000000 then  -- Cap memory
            error("Image too large: " .. #pixels .. " pixels")
          end
          for i = 1, #pixels do
            pixels[i] = filter(pixels[i])
          end
          return img:save()
        end
        """;

    private readonly PluginDirectory plugins = new();
    private readonly string pictures = Directory.CreateTempSubdirectory("clw-pictures-").FullName;
    private readonly string output = Directory.CreateTempSubdirectory("clw-output-").FullName;
    private RunnerProcess runner = null!;

    public async ValueTask InitializeAsync() => runner = await StartAsync();

    private Task<RunnerProcess> StartAsync(params (string, string)[] environment) =>
        RunnerProcess.StartAsync(
            new ProcessLimits { LuaBytes = 64 << 20, CoreBytes = 0 },
            new HostRights { ReadRoots = [pictures] },
            environment
        );

    public async ValueTask DisposeAsync()
    {
        await runner.DisposeAsync();
        plugins.Dispose();
        Directory.Delete(pictures, recursive: true);
        Directory.Delete(output, recursive: true);
    }

    private string Picture(string name, byte[] file)
    {
        var path = Path.Combine(pictures, name);
        File.WriteAllBytes(path, file);
        return path;
    }

    private async Task<Said> RunAsync(string source, string path, RunnerProcess? by = null)
    {
        var command = (by ?? runner).Lua(plugins.Lua("image", source), JsonSerializer.Serialize(new { path })) with
        {
            OutputDirectory = output,
        };
        return (await (by ?? runner).RunAsync(command))[^1];
    }

    private Task<Said> BodyAsync(string body, string path = "") => RunAsync("function process_image(data)\n" + body + "\nend", path);

    public static TheoryData<string> Guide => [Unsafe, Safe, File.ReadAllText(Path.Combine(PngFiles.Suite, "../../../plugins/image.lua"))];

    [Theory]
    [MemberData(nameof(Guide))]
    public async Task The_plugins_of_the_guide_turn_a_picture_grey(string source)
    {
        var path = Picture("photo.v1.png", PngFiles.Encode(2, 2, [Red, 0x00FF00FF, 0x0000FF80, 0xFFFFFF00]));
        var said = await RunAsync(source, path);
        Assert.Equal("", said.Text);
        var written = Path.Combine(output, "photo.v1.out.png");
        Assert.Equal(written, JsonSerializer.Deserialize<string>(said.Result));
        var (width, height, pixels) = PngFiles.Decode(File.ReadAllBytes(written));
        Assert.Equal((2, 2), (width, height));
        Assert.Equal([0x4C4C4CFF, 0x969696FF, 0x1D1D1D80, 0xFFFFFF00], pixels);
        Assert.Equal(written, Assert.Single(Directory.GetFileSystemEntries(output)));
    }

    [Fact]
    public async Task Without_the_picture_the_unsafe_plugin_fails_cleanly_and_the_safe_one_says_why()
    {
        var path = Path.Combine(pictures, "missing.png");
        var crash = await RunAsync(Unsafe, path);
        Assert.Equal(("clw-task-failed", "image.lua:3: attempt to index a nil value (local 'img')"), (crash.Code, crash.Text));
        var said = await RunAsync(Safe, path);
        Assert.Equal(("clw-task-failed", "image.lua:4: Failed to load image: " + path), (said.Code, said.Text));
        Assert.Equal("1", (await BodyAsync("return 1")).Result);
    }

    [Fact]
    public async Task The_plugin_that_comes_along_does_not_try_again_what_cannot_get_better()
    {
        var source = await File.ReadAllTextAsync(
            Path.Combine(PngFiles.Suite, "../../../plugins/image.lua"),
            TestContext.Current.CancellationToken
        );
        var path = Path.Combine(pictures, "missing.png");
        var said = await RunAsync(source, path);
        Assert.Equal(($"Failed to load image: {path}: there is no such file", false), (said.Text, said.Retryable));
        var pathless = await BodyAsync("return load_image(nil)");
        Assert.Equal(("clw-path-refused", false), (pathless.Code, pathless.Retryable));
    }

    [Fact]
    public async Task A_damaged_picture_fails_for_good_with_code_line_and_position()
    {
        var file = PngFiles.Load("basn2c08");
        file[30] ^= 1;
        var said = await RunAsync(Safe, Picture("bad.png", file));
        Assert.Equal(("clw-picture-invalid", false), (said.Code, said.Retryable));
        Assert.Equal("image.lua:2: bad.png: the checksum of chunk IHDR is wrong (byte 29)", said.Text);
        var caught = await BodyAsync(
            "local ok, e = pcall(load_image, data.path) return { ok, e.code, e.retryable, tostring(e), e .. '!' }",
            Path.Combine(pictures, "bad.png")
        );
        Assert.Equal(
            """[false,"clw-picture-invalid",false,"bad.png: the checksum of chunk IHDR is wrong (byte 29)","bad.png: the checksum of chunk IHDR is wrong (byte 29)!"]""",
            caught.Result
        );
        Assert.Contains("no picture", (await RunAsync(Safe, Picture("text.png", "hello"u8.ToArray()))).Text, StringComparison.Ordinal);
        Assert.Contains("empty", (await RunAsync(Safe, Picture("empty.png", []))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pixels_are_counted_read_and_assigned_like_a_table_and_hold_what_a_pixel_can()
    {
        var said = await BodyAsync(
            """
            local img = new_image(3, 2, 0x11223344)
            local p = img.pixels
            p[1], p[6], p[2.0] = 0, 0xFFFFFFFF, 5.0
            local n = 0
            for _ in ipairs(p) do n = n + 1 end
            local function fails(i, v) local ok, e = pcall(function() p[i] = v end) return not ok and e end
            return { #p, img.width, img.height, p[1], p[2], p[3], p[6], n, p[0] == nil, p[7] == nil, p.x == nil, p["1"] == nil, p[1.5] == nil,
              fails(0, 1), fails(7, 1), fails(1, -1), fails(1, 1 << 32), fails(1, "1"), fails("x", 1), fails(1, 1.5), getmetatable(p) }
            """
        );
        Assert.Equal("", said.Text);
        var all = JsonDocument.Parse(said.Result).RootElement.EnumerateArray().Select(e => e.ToString()).ToArray();
        Assert.Equal(["6", "3", "2", "0", "5", "287454020", "4294967295", "6", "True", "True", "True", "True", "True"], all[..13]);
        Assert.EndsWith("there is no pixel 0: 1 to 6", all[13], StringComparison.Ordinal);
        Assert.EndsWith("there is no pixel 7: 1 to 6", all[14], StringComparison.Ordinal);
        Assert.EndsWith("pixel 1 cannot be -1: an integer from 0 to 0xFFFFFFFF is needed", all[15], StringComparison.Ordinal);
        Assert.All(all[16..20], text => Assert.Matches("pixel|there is no", text));
        Assert.Equal("pixels", all[^1]);
    }

    [Fact]
    public async Task Foreign_values_in_the_place_of_pixels_are_told_and_harm_nothing()
    {
        var said = await BodyAsync(
            """
            local meta = debug.getmetatable(new_image(1, 1).pixels)
            local img = new_image(1, 1)
            img.pixels = { 1 }
            local _, e = pcall(img.save, img)
            return { meta.__index(io.stdout, 1) == nil, meta.__index("x", 1) == nil, meta.__index() == nil, meta.__len({}), e }
            """
        );
        Assert.Equal(
            """[true,true,true,0,"save: the picture's pixels were replaced; assign to its elements instead: img.pixels[i] = …"]""",
            said.Result
        );
    }

    [Fact]
    public async Task A_plugin_may_have_a_filter_of_its_own()
    {
        var path = Picture("red.png", PngFiles.Encode(1, 1, [Red]));
        _ = await RunAsync(Unsafe + "\nfunction filter(pixel) return pixel ~ 0xFFFFFF00 end", path);
        Assert.Equal([0x00FFFFFFu], PngFiles.Decode(File.ReadAllBytes(Path.Combine(output, "red.out.png"))).Pixels);
    }

    [Fact]
    public async Task Pixels_count_as_the_tasks_memory_and_are_given_back()
    {
        // 36 MB each of 64: the second fits only when the first is gone.
        Assert.Equal(
            "10",
            (await BodyAsync("local n = 0 for i = 1, 10 do n = n + new_image(3000, 3000).pixels[1] + 1 end return n")).Result
        );
        var said = await BodyAsync("local a = new_image(3000, 3000) local b = new_image(3000, 3000) return a.width + b.width");
        Assert.Equal("clw-memory-exhaust", said.Code);
        Assert.Contains("34.3 MiB more", said.Text, StringComparison.Ordinal);
        // A small file that claims to be large: refused by its claim, not by what it becomes.
        var bomb = PngFiles.With(PngFiles.With(PngFiles.Load("basn2c08"), "IHDR", 2, 0x20), "IHDR", 6, 0x20);
        Assert.Equal("clw-memory-exhaust", (await RunAsync(Safe, Picture("bomb.png", bomb))).Code);
    }

    [Fact]
    public async Task Paths_of_payloads_lead_nowhere_else()
    {
        var secret = Path.Combine(plugins.Path, "..", "clw-secret-" + Path.GetRandomFileName() + ".png");
        File.WriteAllBytes(secret, PngFiles.Encode(1, 1, [Red]));
        try
        {
            File.CreateSymbolicLink(Path.Combine(pictures, "link.png"), secret);
            File.CreateSymbolicLink(Path.Combine(pictures, "out"), Path.GetTempPath());
            foreach (
                var path in (string[])
                    [
                        secret,
                        Path.Combine(pictures, "link.png"),
                        Path.Combine(pictures, "out", Path.GetFileName(secret)),
                        Path.Combine(pictures, "..", Path.GetFileName(secret)),
                        Path.Combine(pictures, "out", "..", "etc", "hostname"),
                        "/etc/nothing-here.png",
                        pictures + "-beside/x.png",
                    ]
            )
            {
                var said = await RunAsync(Safe, path);
                Assert.Equal(("clw-path-refused", false), (said.Code, said.Retryable));
                Assert.Contains("task.read_roots", said.Text, StringComparison.Ordinal);
            }
            Assert.Equal("clw-path-refused", (await RunAsync(Safe, pictures)).Code);
            Assert.Equal("clw-path-refused", (await RunAsync(Safe, Path.Combine(pictures, "a\0b"))).Code);
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public async Task Pictures_are_saved_below_the_output_directory_and_nowhere_else()
    {
        Directory.CreateDirectory(Path.Combine(output, "sub"));
        File.CreateSymbolicLink(Path.Combine(output, "away"), pictures);
        var victim = Picture("victim.png", "old"u8.ToArray());
        File.CreateSymbolicLink(Path.Combine(output, "link.png"), victim);
        foreach (var path in (string[])["a.png", "sub/b.png", "sub/../c.png", "link.png", Path.Combine(output, "d.png")])
        {
            var said = await BodyAsync("return new_image(1, 1):save(data.path)", path);
            Assert.Equal("", said.Text);
            Assert.Equal([0u], PngFiles.Decode(File.ReadAllBytes(JsonSerializer.Deserialize<string>(said.Result)!)).Pixels);
        }
        foreach (
            var path in (string[])["away/x.png", "../x.png", pictures + "/x.png", "sub/nothing/x.png", "sub/..", "/", "sub", "away/../x"]
        )
        {
            var said = await BodyAsync("return new_image(1, 1):save(data.path)", path);
            Assert.True(said.Code == "clw-path-refused", $"{path}: {said.Code} {said.Result}");
        }
        Assert.Equal("old", File.ReadAllText(victim));
        Assert.DoesNotContain(Directory.GetFiles(output), f => f.EndsWith(".part", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("gif")]
    [InlineData("bmp")]
    [InlineData("tiff")]
    public async Task Other_formats_are_read_by_ImageMagick_where_it_is_installed(string format)
    {
        Tools.Need(PngFiles.Magick is not null, "ImageMagick (convert)");
        var source = PngFiles.Encode(8, 8, [.. Enumerable.Repeat(0x80FF00FFu, 64)]);
        // The name is what an attacker would like to be an option or a coder; it reaches nobody.
        var path = Picture("-write ephemeral:@x.png[9]%d", PngFiles.Magically(source, "png:-", $"{format}:-"));
        var said = await BodyAsync(
            "local i = load_image(data.path) return { i.width, i.height, i.pixels[1] >> 24, i.pixels[64] & 0xFF }",
            path
        );
        Assert.Equal("", said.Text);
        var numbers = JsonSerializer.Deserialize<int[]>(said.Result)!;
        Assert.Equal((8, 8, 255), (numbers[0], numbers[1], numbers[3]));
        Assert.InRange(numbers[2], 0x7C, 0x84);
    }

    [Fact]
    public async Task A_format_that_nothing_here_reads_says_what_to_install()
    {
        await using var bare = await StartAsync(("PATH", pictures));
        var said = await RunAsync(Safe, Picture("photo.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0]), bare);
        Assert.Equal("clw-picture-tool", said.Code);
        Assert.Contains("install imagemagick", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_picture_of_another_format_is_refused_by_its_tool()
    {
        Tools.Need(PngFiles.Magick is not null, "ImageMagick (convert)");
        var said = await RunAsync(Safe, Picture("photo.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0]));
        Assert.Equal("clw-picture-invalid", said.Code);
        Assert.Contains("photo.jpg: ", said.Text, StringComparison.Ordinal);
    }
}
