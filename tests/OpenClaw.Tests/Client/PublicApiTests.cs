using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OpenClaw.Client;
using OpenClaw.Core.Errors;

namespace OpenClaw.Tests.Client;

/// <summary>
/// The public surface of the client package: it changes on purpose or not at all, and shows nobody's types but the framework's and its
/// own. After a change on purpose: <c>OPENCLAW_ACCEPT_API=1 tests/OpenClaw.Tests/bin/Release/net10.0/OpenClaw.Tests -class '*PublicApiTests'</c>
/// </summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly string Root = FindRoot();

    private static IEnumerable<Type> PublicTypes =>
        typeof(OpenClawClient).Assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal);

    [Fact]
    public void The_surface_is_the_one_that_was_accepted()
    {
        var file = Path.Combine(Root, "src", "OpenClaw.Client", "PublicAPI.txt");
        var now = string.Concat(PublicTypes.SelectMany(Lines).Select(l => l + "\n"));
        if (Environment.GetEnvironmentVariable("OPENCLAW_ACCEPT_API") == "1")
        {
            File.WriteAllText(file, now);
        }

        Assert.Equal(File.ReadAllText(file), now);
    }

    [Fact]
    public void No_type_of_the_rooms_below_is_shown()
    {
        var shown = PublicTypes
            .SelectMany(t => t.GetMembers(Declared).Where(IsVisible).SelectMany(TypesOf).Append(t.BaseType))
            .OfType<Type>()
            .SelectMany(Parts)
            .Where(t =>
                t.Assembly != typeof(OpenClawClient).Assembly && t.FullName?.StartsWith("System.", StringComparison.Ordinal) != true
            )
            .Select(t => t.FullName ?? t.Name)
            .Distinct();
        Assert.Empty(shown);
    }

    [Fact]
    public void Kinds_codes_and_states_are_those_of_the_cluster()
    {
        Assert.Equal(
            Enum.GetValues<FailureKind>().Select(k => (k.ToString(), (int)k)),
            Enum.GetValues<ErrorKind>().Select(k => (k.ToString(), (int)k))
        );
        foreach (var field in typeof(ErrorCodes).GetFields())
        {
            var code = (string)field.GetRawConstantValue()!;
            Assert.Equal(code, Catalogue.FindOrInternal(code).Code);
        }

        Assert.Equal(
            Enum.GetValues<V1.TaskState>().Skip(1).Select(s => (s.ToString(), (int)s)),
            Enum.GetValues<TaskState>().Skip(1).Select(s => (s.ToString(), (int)s))
        );
    }

    /// <summary>The pages show what the sample runs.</summary>
    [Theory]
    [InlineData("docs/client.md")]
    [InlineData("src/OpenClaw.Client/README.md")]
    public void Every_snippet_is_in_the_sample(string page)
    {
        var sample = Normal(File.ReadAllText(Path.Combine(Root, "samples/ClientConsole/Program.cs")));
        var snippets = Regex.Matches(File.ReadAllText(Path.Combine(Root, page)), "```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.NotEmpty(snippets);
        foreach (Match snippet in snippets)
        {
            Assert.Contains(Normal(snippet.Groups[1].Value), sample, StringComparison.Ordinal);
        }

        static string Normal(string text) =>
            string.Join(
                '\n',
                text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("// ", StringComparison.Ordinal))
            );
    }

    private static IEnumerable<string> Lines(Type type)
    {
        var kind =
            type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";
        yield return $"{kind} {type.FullName}{(type.BaseType is { } b && b != typeof(object) && !type.IsValueType ? $" : {Name(b)}" : "")}";
        foreach (var line in type.GetMembers(Declared).Where(IsVisible).Select(Line).OfType<string>().Order(StringComparer.Ordinal))
        {
            yield return "    " + line;
        }
    }

    private static string? Line(MemberInfo member) =>
        member switch
        {
            FieldInfo { IsLiteral: true } field => $"{field.Name} = {field.GetRawConstantValue()}",
            FieldInfo { IsSpecialName: false } field => $"{Name(field.FieldType)} {field.Name}",
            PropertyInfo p =>
                $"{Modifiers(p.GetMethod!)}{Annotated(p.PropertyType, Nullability.Create(p).ReadState)} {p.Name} {{ get;{Setter(p)} }}",
            ConstructorInfo c => $"{Modifiers(c)}{member.DeclaringType!.Name}({Parameters(c)})",
            // What the compiler writes for records is not ours to promise.
            MethodInfo m when m.IsSpecialName || m.IsDefined(typeof(CompilerGeneratedAttribute)) => null,
            MethodInfo m =>
                $"{Modifiers(m)}{Annotated(m.ReturnType, Nullability.Create(m.ReturnParameter).ReadState)} {m.Name}{Generic(m)}({Parameters(m)})",
            _ => null,
        };

    private static string Setter(PropertyInfo property) =>
        property.SetMethod is not { } set || !IsVisible(set) ? ""
        : set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;"
        : " set;";

    private static string Modifiers(MethodBase method) =>
        (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "")
        + (method.IsStatic ? "static " : "")
        + (
            method is not { IsVirtual: true, IsFinal: false, DeclaringType.IsSealed: false } ? ""
            : method.IsAbstract ? "abstract "
            : "virtual "
        );

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Parameters(MethodBase method) =>
        string.Join(
            ", ",
            method
                .GetParameters()
                .Select(p =>
                    $"{Annotated(p.ParameterType, Nullability.Create(p).WriteState)} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue ?? "default"}" : "")}"
                )
        );

    private static string Annotated(Type type, NullabilityState state) =>
        Name(type) + (state == NullabilityState.Nullable && !type.IsValueType ? "?" : "");

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Name(inner) + "?";
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        return type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
    }

    private static bool IsVisible(MemberInfo member) =>
        member switch
        {
            FieldInfo f => f.IsPublic || f.IsFamily,
            PropertyInfo p => p.GetMethod is { } get && IsVisible(get),
            MethodBase m => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly,
            _ => false,
        };

    private static IEnumerable<Type> TypesOf(MemberInfo member) =>
        member switch
        {
            FieldInfo f => [f.FieldType],
            PropertyInfo p => [p.PropertyType],
            MethodInfo m => [m.ReturnType, .. m.GetParameters().Select(p => p.ParameterType)],
            ConstructorInfo c => c.GetParameters().Select(p => p.ParameterType),
            _ => [],
        };

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericParameter ? []
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OpenClaw.slnx")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("no OpenClaw.slnx above the tests");
        }

        return directory.FullName;
    }
}
