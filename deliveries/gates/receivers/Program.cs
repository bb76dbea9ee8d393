// .NET 8 or newer: dotnet new web, then this file as Program.cs; GATE_SECRET=whsec_… dotnet run --urls http://*:8080
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

var key = Convert.FromBase64String(Environment.GetEnvironmentVariable("GATE_SECRET")!["whsec_".Length..]);
var known = new ConcurrentDictionary<string, bool>(); // in real life a table with a unique column
var app = WebApplication.Create(args);

app.MapPost("/", async (HttpRequest request) =>
{
    using var reader = new StreamReader(request.Body, Encoding.UTF8);
    var body = await reader.ReadToEndAsync();
    var id = request.Headers["webhook-id"].ToString();
    var time = request.Headers["webhook-timestamp"].ToString();
    var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{time}.{body}"));
    var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(hash));
    var isValid = request.Headers["webhook-signature"].ToString().Split(' ')
        .Any(one => CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(one)));
    var isRecent = long.TryParse(time, out var seconds)
        && Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) <= 300;
    if (!isValid || !isRecent) return Results.Unauthorized();

    if (!known.ContainsKey(id)) // a retry comes with the same id
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var reports = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().ToList() : [root];
        foreach (var report in reports) Console.WriteLine(report);
        known[id] = true;
    }
    return Results.Text("ok");
});

app.Run();
