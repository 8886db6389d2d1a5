import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;
import org.apache.hadoop.yarn.client.cli.ApplicationCLI;
import org.apache.hadoop.yarn.client.cli.NodeCLI;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * `hadoop fs`, `yarn application` and `yarn node`, many in one JVM, since each would take seconds to start. Standard
 * input has a command a line, its words in base64 between blanks; the answer is a line with exit code, standard output
 * and standard error, the latter two in base64 between colons. A line says when it is ready.
 */
public class Tools {
  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    answers.println("ready");
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = Arrays.stream(line.split(" "))
          .map(w -> new String(Base64.getDecoder().decode(w), StandardCharsets.UTF_8)).toArray(String[]::new);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int code = run(words, new PrintStream(out, true, "UTF-8"), new PrintStream(err, true, "UTF-8"));
      answers.println(code + ":" + encode(out) + ":" + encode(err));
    }
  }

  /** As `main` of the tool does it. */
  private static int run(String[] words, PrintStream out, PrintStream err) throws Exception {
    String[] rest = Arrays.copyOfRange(words, 1, words.length);
    System.setOut(out);
    System.setErr(err);
    switch (words[0]) {
      case "fs": {
        FsShell shell = new FsShell();
        try {
          return ToolRunner.run(new Configuration(), shell, rest);
        } finally {
          shell.close();
        }
      }
      case "application": case "applicationattempt": case "container": {
        ApplicationCLI cli = new ApplicationCLI();
        cli.setSysOutPrintStream(out);
        cli.setSysErrPrintStream(err);
        try {
          return ToolRunner.run(new YarnConfiguration(), cli, words);
        } catch (Exception e) {
          e.printStackTrace(err);
          return 1;
        } finally {
          cli.stop();
        }
      }
      case "node": {
        NodeCLI cli = new NodeCLI();
        cli.setSysOutPrintStream(out);
        cli.setSysErrPrintStream(err);
        try {
          return ToolRunner.run(new YarnConfiguration(), cli, rest);
        } catch (Exception e) {
          e.printStackTrace(err);
          return 1;
        } finally {
          cli.stop();
        }
      }
      default:
        throw new IllegalArgumentException("no tool " + words[0]);
    }
  }

  private static String encode(ByteArrayOutputStream bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
