/* 2>nul
@echo off
rem pamjwt-askpass for the ssh of Windows (OpenSSH 8.5 or later), the twin of the shell script of that name.
rem
rem Run this file once: it makes pamjwt-askpass.exe beside itself, with the C# compiler that is part of Windows. Then
rem
rem     set SSH_ASKPASS=C:\where\it\is\pamjwt-askpass.exe
rem     set SSH_ASKPASS_REQUIRE=force
rem     set PAMJWT_HOST=db1.example
rem     set PAMJWT_TOKEN_COMMAND=oidc-token work
rem     ssh -o PreferredAuthentications=keyboard-interactive alice@db1.example
rem
rem Never name this file in SSH_ASKPASS: Windows starts a .cmd with a command line that contains the prompt, and a
rem prompt is text from a server, which could add commands to that line. Therefore the program is an .exe.
rem
rem Not tested on Windows. The C# part is tested on Linux (tests/client/test_windows.py), this first part is not.
setlocal DisableDelayedExpansion
set "csc=%SystemRoot%\Microsoft.NET\Framework64\v4.0.30319\csc.exe"
if not exist "%csc%" set "csc=%SystemRoot%\Microsoft.NET\Framework\v4.0.30319\csc.exe"
if not exist "%csc%" (
        echo pamjwt-askpass: no C# compiler below %SystemRoot%\Microsoft.NET 1>&2
        exit /b 2
)
"%csc%" /nologo /optimize /out:"%~dp0pamjwt-askpass.exe" "%~f0" 1>&2
if errorlevel 1 exit /b 1
echo Made "%~dp0pamjwt-askpass.exe". Name it in SSH_ASKPASS. 1>&2
exit /b 0
*/

using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

// The rule that everything here follows: a token goes to the host that it is meant for, or nowhere. The prompt is text
// from a server; any other prompt is passed to PAMJWT_NEXT_ASKPASS or to the console.
static class PamjwtAskpass
{
        const int LongestToken = 32768; // as the module
        const int WholeAtMost = 505;    // a reply of exactly 506 bytes means "there is more"
        const int PartSize = 500;
        const int LastPart = 66;
        const int LongestPrompt = 1024;

        static bool OnWindows { get { return Path.DirectorySeparatorChar == '\\'; } }

        static string Env(string name) { return Environment.GetEnvironmentVariable(name) ?? ""; }

        static void Complain(string text) { Console.Error.WriteLine("pamjwt-askpass: " + Printable(text)); }

        // The ranges of lib/base/utf8.c, but for line ends and tabs.
        static readonly int[] Invisible = {
                0x00, 0x08, 0x0b, 0x1f, 0x7f, 0xa0, 0xad, 0xad, 0x34f, 0x34f, 0x61c, 0x61c, 0x115f, 0x1160, 0x1680, 0x1680, 0x17b4, 0x17b5,
                0x180b, 0x180f, 0x2000, 0x200f, 0x2028, 0x202f, 0x205f, 0x206f, 0x3000, 0x3000, 0x3164, 0x3164, 0xd800, 0xdfff,
                0xfe00, 0xfe0f, 0xfeff, 0xfeff, 0xffa0, 0xffa0, 0xfff0, 0xfffb, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff
        };

        // Text from outside for the console: what a reader could not see for what it is becomes \u{HEX}.
        static string Printable(string text)
        {
                StringBuilder shown = new StringBuilder();

                for (int i = 0; i < text.Length; i++) {
                        bool two = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
                        int c = two ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
                        bool visible = true;

                        for (int r = 0; r < Invisible.Length; r += 2)
                                visible = visible && (c < Invisible[r] || c > Invisible[r + 1]);
                        shown.Append(visible ? text.Substring(i, two ? 2 : 1) : "\\u{" + c.ToString("x") + "}");
                        i += two ? 1 : 0;
                }
                return shown.ToString();
        }

        static int Main(string[] args)
        {
                try {
                        return Run(args);
                } catch (Exception e) {
                        Complain(e.GetType().Name + ": no token sent");
                        return 1;
                }
        }

        static int Run(string[] args)
        {
                Prompt prompt = args.Length == 1 && HasTokenSource() ? Prompt.ForUs(args[0]) : null;

                if (prompt == null)
                        return Others.PassOn(args);
                return prompt.Part == 1 ? new Login().Begin(prompt.Host) : new Login().Continue(prompt.Part);
        }

        static bool HasTokenSource()
        {
                return Env("PAMJWT_TOKEN") + Env("PAMJWT_TOKEN_FILE") + Env("PAMJWT_TOKEN_COMMAND") != "";
        }

        // Only these bytes: ssh reads all output as the reply.
        static int Answer(string text)
        {
                byte[] bytes = new UTF8Encoding(false).GetBytes(text + "\n");

                using (Stream output = Console.OpenStandardOutput())
                        output.Write(bytes, 0, bytes.Length);
                return 0;
        }

        // ---- which prompt is it? ----

        sealed class Prompt
        {
                public string Host;
                public int Part;

                // Null if the prompt is not ours. Reports why a prompt that looks like ours gets no reply.
                public static Prompt ForUs(string text)
                {
                        Prompt prompt = text.Length <= LongestPrompt ? Split(text) : null;

                        if (prompt == null)
                                return null;
                        if (!IsMeant(prompt.Host)) {
                                Complain(prompt.Host + " asks for a token, but PAMJWT_HOST is '" + Env("PAMJWT_HOST") + "': no token sent");
                                return null;
                        }
                        if (prompt.Part == 1 && !ClientWritesPrefix()) {
                                Complain("this client does not show which host asks (OpenSSH does since 8.5): no token sent");
                                return null;
                        }
                        return prompt;
                }

                // `(USER@HOST) TEXT`. The client writes the prefix, and a host name cannot contain a parenthesis, so
                // the first one ends it: what a server adds after it is never taken for a second prefix.
                static Prompt Split(string prompt)
                {
                        int end = prompt.IndexOf(')');
                        int at;
                        string host;
                        int part;

                        if (prompt.Length == 0 || prompt[0] != '(' || end < 0 || end + 1 >= prompt.Length || prompt[end + 1] != ' ')
                                return null;
                        at = prompt.LastIndexOf('@', end);
                        if (at < 2)
                                return null;
                        host = prompt.Substring(at + 1, end - at - 1);
                        part = PartOf(prompt.Substring(end + 2));
                        if (host == "" || part == 0)
                                return null;
                        foreach (char c in host)
                                if (char.IsWhiteSpace(c) || char.IsControl(c))
                                        return null;
                        return new Prompt { Host = host, Part = part };
                }

                // 1 for the first prompt, N for `JWT part N: `, 0 for any other text.
                static int PartOf(string text)
                {
                        string own = Env("PAMJWT_PROMPT");

                        if (own != "" ? text == own : text == "JWT or password: " || text == "JWT: ")
                                return 1;
                        for (int part = 2; part <= LastPart; part++)
                                if (text == "JWT part " + part.ToString(CultureInfo.InvariantCulture) + ": ")
                                        return part;
                        return 0;
                }

                static bool IsMeant(string host)
                {
                        foreach (string meant in Env("PAMJWT_HOST").Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
                                if (LowerCase(meant) == LowerCase(host))
                                        return true;
                        return false;
                }

                // Only the 26 letters: no letter of another alphabet may become one of them.
                static string LowerCase(string name)
                {
                        StringBuilder lowered = new StringBuilder(name);

                        for (int i = 0; i < lowered.Length; i++)
                                if (lowered[i] >= 'A' && lowered[i] <= 'Z')
                                        lowered[i] = (char)(lowered[i] + 32);
                        return lowered.ToString();
                }

                // Before OpenSSH 8.5, and in other clients, the server chooses the whole prompt and can write any prefix.
                static bool ClientWritesPrefix()
                {
                        string version;
                        int digits = 0;
                        string[] numbers;
                        int major;
                        int minor;

                        if (Env("PAMJWT_PREFIX") == "trusted")
                                return true;
                        version = Output(Parent.Program(), "-V", null, true);
                        if (!version.StartsWith("OpenSSH_", StringComparison.Ordinal))
                                return false;
                        version = version.Substring("OpenSSH_".Length);
                        if (version.StartsWith("for_Windows_", StringComparison.Ordinal))
                                version = version.Substring("for_Windows_".Length);
                        while (digits < version.Length && (version[digits] == '.' || (version[digits] >= '0' && version[digits] <= '9')))
                                digits++;
                        numbers = version.Substring(0, digits).Split('.');
                        return numbers.Length > 1 && int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out major) &&
                               int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out minor) &&
                               (major > 8 || (major == 8 && minor >= 5));
                }
        }

        // ---- the program that asks ----

        static class Parent
        {
                [StructLayout(LayoutKind.Sequential)]
                struct BasicInformation
                {
                        public IntPtr ExitStatus, Peb, Affinity, Priority, Id, ParentId;
                }

                [DllImport("ntdll.dll")]
                static extern int NtQueryInformationProcess(IntPtr process, int kind, ref BasicInformation info, int size, out int got);

                static int id;

                public static int Id
                {
                        get
                        {
                                if (id == 0)
                                        id = OnWindows ? WindowsId() : LinuxId();
                                return id;
                        }
                }

                static int WindowsId()
                {
                        BasicInformation info = new BasicInformation();
                        int got;

                        if (NtQueryInformationProcess(Process.GetCurrentProcess().Handle, 0, ref info, Marshal.SizeOf(info), out got) != 0)
                                throw new InvalidOperationException();
                        return info.ParentId.ToInt32();
                }

                // For the tests.
                static int LinuxId()
                {
                        string stat = File.ReadAllText("/proc/self/stat");

                        return int.Parse(stat.Substring(stat.LastIndexOf(')') + 2).Split(' ')[1], CultureInfo.InvariantCulture);
                }

                // Identifies a process if its number is reused.
                public static string Start
                {
                        get
                        {
                                if (OnWindows)
                                        return Process.GetProcessById(Id).StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
                                string stat = File.ReadAllText("/proc/" + Id + "/stat");

                                return stat.Substring(stat.LastIndexOf(')') + 2).Split(' ')[19];
                        }
                }

                public static string Program()
                {
                        return OnWindows ? Process.GetProcessById(Id).MainModule.FileName : "/proc/" + Id + "/exe";
                }
        }

        // The output of a program. Not with our standard input: in scp that is the data.
        static string Output(string program, string arguments, string host, bool errors)
        {
                ProcessStartInfo start = new ProcessStartInfo(program, arguments);

                start.UseShellExecute = false;
                start.RedirectStandardInput = true;
                start.RedirectStandardOutput = !errors;
                start.RedirectStandardError = errors;
                if (host != null)
                        start.EnvironmentVariables["PAMJWT_HOST"] = host;
                using (Process process = Process.Start(start)) {
                        process.StandardInput.Close();
                        string text = (errors ? process.StandardError : process.StandardOutput).ReadToEnd();

                        process.WaitForExit();
                        return process.ExitCode == 0 ? text : null;
                }
        }

        // ---- one login: the token is sent once ----

        // In a directory of the user: login.PID records that the token was sent in the login of that ssh, token.PID
        // contains a long one until its last part is sent.
        sealed class Login
        {
                readonly string directory;
                readonly string sent;
                readonly string rest;
                readonly string start;

                public Login()
                {
                        string home = OnWindows ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                                                : Env("XDG_RUNTIME_DIR");

                        if (home == "")
                                throw new DirectoryNotFoundException();
                        directory = Path.Combine(home, "pamjwt");
                        Directory.CreateDirectory(directory);
                        sent = Path.Combine(directory, "login." + Parent.Id);
                        rest = Path.Combine(directory, "token." + Parent.Id);
                        start = Parent.Start;
                }

                bool WasSent() { return File.Exists(sent) && File.ReadAllText(sent) == start; }

                public int Begin(string host)
                {
                        string token;

                        Sweep();
                        if (WasSent()) {
                                File.Delete(rest);
                                Complain("the token was refused by " + host + ": it is not sent again (see the host's log for the reason)");
                                return 1;
                        }
                        token = Token.Get(host);
                        if (token == null)
                                return 1;
                        File.WriteAllText(sent, start);
                        if (token.Length <= WholeAtMost)
                                return Answer(token);
                        File.WriteAllText(rest, token);
                        return Send(token, 1);
                }

                public int Continue(int part)
                {
                        if (!WasSent() || !File.Exists(rest)) {
                                Complain("the host asks for part " + part + " of a token, but none was begun in this login");
                                return 1;
                        }
                        return Send(File.ReadAllText(rest), part);
                }

                // `II/NN:` and up to 500 bytes. The last part is shorter, empty if necessary: after a full one the module
                // asks for another.
                int Send(string token, int part)
                {
                        int parts = token.Length / PartSize + 1;
                        int from = (part - 1) * PartSize;

                        if (part > parts) {
                                Complain("the host asks for part " + part + " of a token that has " + parts);
                                return 1;
                        }
                        if (part == parts)
                                File.Delete(rest);
                        return Answer(string.Format(CultureInfo.InvariantCulture, "{0:00}/{1:00}:{2}", part, parts,
                                                    token.Substring(from, Math.Min(PartSize, token.Length - from))));
                }

                // Files left by interrupted logins.
                void Sweep()
                {
                        foreach (string file in Directory.GetFiles(directory)) {
                                int pid;

                                if (!int.TryParse(Path.GetExtension(file).TrimStart('.'), out pid))
                                        continue;
                                try {
                                        Process.GetProcessById(pid).Dispose();
                                } catch (ArgumentException) {
                                        File.Delete(file);
                                }
                        }
                }
        }

        static class Token
        {
                // Null if there is none, after reporting why. An error page must not be sent as a token.
                public static string Get(string host)
                {
                        string token = Read(host);

                        if (token == null) {
                                Complain("cannot read the token");
                                return null;
                        }
                        token = Trim(token);
                        if (token == "") {
                                Complain("the token is empty");
                                return null;
                        }
                        foreach (char c in token)
                                if ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".IndexOf(c) < 0) {
                                        Complain("not a token: it may contain only base64url characters and dots");
                                        return null;
                                }
                        if (token.Length > LongestToken) {
                                Complain("the token is " + token.Length + " bytes long; at most " + LongestToken + " are allowed");
                                return null;
                        }
                        return token;
                }

                static string Read(string host)
                {
                        if (Env("PAMJWT_TOKEN") != "")
                                return Env("PAMJWT_TOKEN");
                        if (Env("PAMJWT_TOKEN_FILE") != "")
                                try {
                                        return File.ReadAllText(Env("PAMJWT_TOKEN_FILE"));
                                } catch (IOException) {
                                        return null;
                                }
                        if (OnWindows)
                                return Output("cmd.exe", "/d /s /c \"" + Env("PAMJWT_TOKEN_COMMAND") + "\"", host, false);
                        return Output("/bin/sh", "-c \"eval \\\"\\$PAMJWT_TOKEN_COMMAND\\\"\"", host, false);
                }

                // White space, quotes and "Bearer " are often pasted with a token.
                static string Trim(string token)
                {
                        char[] around = { ' ', '\t', '\r', '\n', '"', '\'', '\uFEFF' };

                        token = token.Trim(around);
                        if (token.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
                                token = token.Substring("Bearer ".Length).Trim(around);
                        return token;
                }
        }

        // ---- other prompts ----

        static class Others
        {
                [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
                static extern IntPtr CreateFile(string name, uint access, uint share, IntPtr security, uint how, uint flags, IntPtr template);

                [DllImport("kernel32.dll")]
                static extern bool GetConsoleMode(IntPtr console, out uint mode);

                [DllImport("kernel32.dll")]
                static extern bool SetConsoleMode(IntPtr console, uint mode);

                // The next program must not find the token, nor call this one again. It is never a .cmd: see above.
                public static int PassOn(string[] args)
                {
                        string next = Env("PAMJWT_NEXT_ASKPASS");
                        string prompt = args.Length > 0 ? args[0] : "";

                        if (next == "")
                                return AskConsole(prompt);
                        if (next.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase) || next.EndsWith(".bat", StringComparison.OrdinalIgnoreCase)) {
                                Complain("PAMJWT_NEXT_ASKPASS must be an .exe: a server's prompt could be a command in a .cmd");
                                return 1;
                        }
                        ProcessStartInfo start = new ProcessStartInfo(next, Quoted(prompt));

                        start.UseShellExecute = false;
                        foreach (string name in new[] { "TOKEN", "TOKEN_FILE", "TOKEN_COMMAND", "NEXT_ASKPASS" })
                                start.EnvironmentVariables.Remove("PAMJWT_" + name);
                        using (Process process = Process.Start(start)) {
                                process.WaitForExit();
                                return process.ExitCode;
                        }
                }

                // As the C library of Windows parses a command line.
                static string Quoted(string argument)
                {
                        StringBuilder quoted = new StringBuilder("\"");
                        int slashes = 0;

                        foreach (char c in argument) {
                                if (c == '"')
                                        quoted.Append('\\', slashes + 1);
                                slashes = c == '\\' ? slashes + 1 : 0;
                                quoted.Append(c);
                        }
                        return quoted.Append('\\', slashes).Append('"').ToString();
                }

                static int AskConsole(string prompt)
                {
                        IntPtr input = OnWindows ? CreateFile("CONIN$", 0xC0000000, 3, IntPtr.Zero, 3, 0, IntPtr.Zero) : new IntPtr(-1);
                        bool visible = prompt.Contains("(yes/no") || prompt.StartsWith("Please type 'yes'", StringComparison.Ordinal);
                        uint mode;

                        if (input == new IntPtr(-1) || !GetConsoleMode(input, out mode)) {
                                Complain("not a prompt of pam_jwt, and no console: set PAMJWT_NEXT_ASKPASS to a program that can answer it");
                                return 1;
                        }
                        Console.Error.Write(Printable(prompt));
                        if (!visible)
                                SetConsoleMode(input, mode & ~4u); // no echo
                        try {
                                using (FileStream stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(input, false), FileAccess.Read))
                                using (StreamReader reader = new StreamReader(stream, Console.InputEncoding)) {
                                        string line = reader.ReadLine();

                                        return line == null ? 1 : Answer(line);
                                }
                        } finally {
                                SetConsoleMode(input, mode);
                                if (!visible)
                                        Console.Error.WriteLine();
                        }
                }
        }
}
