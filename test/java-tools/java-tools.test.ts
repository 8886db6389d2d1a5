import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import { expect } from 'chai';
import { readSiteFile } from '../../yarn-bridge/conf/index.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';
import { JavaTools } from './java-tools.js';

const USER = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';
const DATE = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d';

describe("Hadoop's own tools", function () {
  this.timeout(240_000);
  let hadoop: HadoopUnderTest;
  let tools: JavaTools;
  let webhdfs: string;
  let dir: string;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    dir = tempDir();
    const hdfs = new Map(readSiteFile(join(hadoop.confDir, 'hdfs-site.xml')).map(p => [p.name, p.value]));
    webhdfs = `webhdfs://${hdfs.get('dfs.namenode.http-address')}`;
    tools = await JavaTools.start({ confDir: hadoop.confDir, dir });
  });
  after(async () => {
    await tools?.close();
    await hadoop?.stop();
  });

  describe('the shell of file systems, over WebHDFS', () => {
    const folder = '/tools/mit blank/über ñ';
    const file = `${folder}/eine datei %+&;#.txt`;
    const text = 'eins\nzwei ü\n';
    let local: string;

    const fs = (...words: string[]) => tools.run('fs', '-fs', webhdfs, ...words);
    /** What it prints when all is well. */
    const prints = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await fs(...words);
      expect(code, `${words.join(' ')}: ${stderr}`).to.equal(0);
      expect(stderr).to.equal('');
      return stdout;
    };
    const refuses = async (words: string[], message: string, code = 1): Promise<void> => {
      const result = await fs(...words);
      expect(result.stderr.replaceAll(webhdfs, ''), words.join(' ')).to.contain(message);
      expect(result.code).to.equal(code);
    };

    before(async () => {
      local = join(dir, 'local.txt');
      writeFileSync(local, text);
      await prints('-mkdir', '-p', folder);
      await prints('-put', local, file);
    });
    after(() => prints('-rm', '-r', '-skipTrash', '/tools'));

    it('put and get a file whole, under names with blanks and beyond ASCII', async () => {
      expect(await prints('-cat', file)).to.equal(text);
      const copy = join(dir, 'copy.txt');
      await prints('-get', file, copy);
      expect(readFileSync(copy, 'utf8')).to.equal(text);
      await refuses(['-get', file, copy], `get: \`${copy}': File exists`);
      await refuses(['-put', local, file], `put: \`${file}': File exists`);
      await prints('-put', '-f', local, file);
      await refuses(['-put', local, '/tools/none/x'], "put: `/tools/none/x': No such file or directory");
    });

    it('list folders, one level and all, in the order of HDFS', async () => {
      await prints('-mkdir', '/tools/list', '/tools/list/zoo', '/tools/list/Ärger', '/tools/list/a b');
      await prints('-touchz', '/tools/list/a b/x');
      expect(await prints('-ls', '/tools/list')).to.match(
        new RegExp(
          `^Found 3 items\n(drwxr-xr-x   - ${USER} supergroup          0 ${DATE} /tools/list/(Ärger|a b|zoo)\n){3}$`,
        ),
      );
      expect(await prints('-ls', '-C', '/tools/list')).to.equal(
        '/tools/list/a b\n/tools/list/zoo\n/tools/list/Ärger\n',
      );
      expect(await prints('-ls', '-R', '-C', '/tools/list')).to.equal(
        '/tools/list/Ärger\n/tools/list/a b\n/tools/list/a b/x\n/tools/list/zoo\n',
      );
      expect(await prints('-ls', '-d', '/tools/list/[az]*')).to.match(/\/a b\n.*\/zoo\n$/);
      expect(await prints('-find', '/tools/list', '-name', 'x')).to.equal('/tools/list/a b/x\n');
      await refuses(['-ls', '/none'], "ls: `/none': No such file or directory");
    });

    it('append to files, and make them', async () => {
      await prints('-appendToFile', local, '/tools/appended');
      await prints('-appendToFile', local, '/tools/appended');
      expect(await prints('-cat', '/tools/appended')).to.equal(text + text);
      expect(await prints('-tail', '/tools/appended')).to.equal(text + text);
    });

    it('say what a file is', async () => {
      const status = await prints('-stat', '%n|%o|%r|%u|%g|%b|%F|%a|%A', file);
      const own = `${file.slice(folder.length + 1)}|134217728|1|${USER}|supergroup|13|regular file|644|rw-r--r--\n`;
      expect(status).to.equal(own.replace('|13|', `|${Buffer.byteLength(text)}|`));
      expect(await prints('-stat', '%n|%b|%F|%a', folder)).to.equal('über ñ|0|directory|755\n');
      await prints('-touch', '-t', '20200102:030405', '/tools/touched');
      expect(await prints('-stat', '%Y', '/tools/touched')).to.match(/^15779\d{8}\n$/);
      await refuses(['-stat', '/none'], "stat: `/none': No such file or directory");
    });

    it('move, and refuse to move onto or into what is not there', async () => {
      await prints('-cp', file, '/tools/ä 1');
      await prints('-mv', '/tools/ä 1', '/tools/ö 2');
      await prints('-mv', '/tools/ö 2', folder);
      expect(await prints('-cat', `${folder}/ö 2`)).to.equal(text);
      await refuses(['-mv', '/tools/none', '/tools/x'], "mv: `/tools/none': No such file or directory");
      await refuses(['-mv', file, `${folder}/ö 2`], `mv: \`${folder}/ö 2': File exists`);
      await refuses(['-mv', file, '/none/x'], "mv: `/none/x': No such file or directory");
    });

    it('change modes, alone and recursively', async () => {
      await prints('-mkdir', '-p', '/tools/modes/sub');
      await prints('-touchz', '/tools/modes/sub/file');
      await prints('-chmod', '-R', 'u+x,o-r', '/tools/modes');
      await prints('-chmod', '1777', '/tools/modes');
      expect(await prints('-stat', '%a', '/tools/modes', '/tools/modes/sub', '/tools/modes/sub/file')).to.equal(
        '1777\n751\n740\n',
      );
      await refuses(['-chmod', '640', '/none'], "chmod: `/none': No such file or directory");
      await refuses(['-chmod', 'abc', '/tools'], "chmod : mode 'abc' does not match the expected pattern", -1);
    });

    it('add up sizes', async () => {
      await prints('-mkdir', '-p', '/tools/sizes/a b');
      await prints('-put', local, '/tools/sizes/a b/ü');
      await prints('-put', local, '/tools/sizes/c');
      const n = Buffer.byteLength(text);
      expect(await prints('-du', '/tools/sizes')).to.equal(
        `${n}  ${n}  /tools/sizes/a b\n${n}  ${n}  /tools/sizes/c\n`,
      );
      expect(await prints('-du', '-s', '/tools/sizes')).to.equal(`${2 * n}  ${2 * n}  /tools/sizes\n`);
      expect(await prints('-count', '/tools/sizes')).to.match(new RegExp(`^ +2 +2 +${2 * n} /tools/sizes\n$`));
      expect(await prints('-df', '/')).to.match(
        /^Filesystem +Size +Used +Available +Use%\nwebhdfs:\S+ +\d+ +\d+ +\d+ +\d+%/,
      );
      await refuses(['-du', '/none'], "du: `/none': No such file or directory");
    });

    it('give the checksums of HDFS: of no block, of one, of several', async () => {
      const sums: Array<[string, number, string]> = [
        ['empty', 0, 'MD5-of-0MD5-of-0CRC32\t00000000000000000000000070bc8f4b72a86921468bf8e8441dce51'],
        ['one', 1300, 'MD5-of-0MD5-of-512CRC32C\t0000020000000000000000000a07763060d73b4e0d04cd5abf9203c8'],
      ];
      for (const [name, bytes, sum] of sums) {
        const source = join(dir, name);
        writeFileSync(source, 'y'.repeat(bytes));
        await prints('-put', source, `/tools/${name}`);
        expect(await prints('-checksum', `/tools/${name}`)).to.equal(`/tools/${name}\t${sum}\n`);
      }
      const url = `${webhdfs.replace('webhdfs:', 'http:')}/webhdfs/v1/tools/blocks?op=CREATE&blocksize=1048576&user.name=${USER}`;
      const begun = await axios.put(url, undefined, { maxRedirects: 0, validateStatus: status => status === 307 });
      const headers = { 'content-type': 'application/octet-stream' };
      const stored = await axios.put(String(begun.headers['location']), Buffer.alloc(3_000_000, 'x'), { headers });
      expect(stored.status).to.equal(201);
      expect(await prints('-checksum', '/tools/blocks')).to.equal(
        '/tools/blocks\tMD5-of-2048MD5-of-512CRC32C\t00000200000000000000080082304aff59b501c8cdbe4de2969e8622\n',
      );
      await refuses(['-checksum', '/tools'], "checksum: `/tools': Is a directory");
      await refuses(['-checksum', '/none'], "checksum: `/none': No such file or directory");
    });

    it('answer tests by their exit code', async () => {
      await prints('-touchz', '/tools/nothing');
      const codes: Array<[string, string, number]> = [
        ['-e', file, 0],
        ['-e', '/none', 1],
        ['-d', folder, 0],
        ['-f', folder, 1],
        ['-f', file, 0],
        ['-z', '/tools/nothing', 0],
        ['-z', file, 1],
        ['-s', file, 0],
        ['-r', file, 0],
      ];
      for (const [option, path, code] of codes) {
        expect(await fs('-test', option, path), `${option} ${path}`).to.deep.equal({ code, stdout: '', stderr: '' });
      }
      await refuses(['-touchz', file], `touchz: \`${file}': Not a zero-length file`);
    });

    it('cut files', async () => {
      await prints('-put', local, '/tools/cut');
      await prints('-truncate', '-w', '3', '/tools/cut');
      expect(await prints('-cat', '/tools/cut')).to.equal('ein');
    });

    it('remove files, and folders only when told so', async () => {
      await prints('-mkdir', '-p', '/tools/gone/sub');
      await prints('-touchz', '/tools/gone/ä', '/tools/gone/b');
      expect(await prints('-rm', '/tools/gone/ä')).to.equal('Deleted /tools/gone/ä\n');
      await refuses(['-rm', '/tools/gone/ä'], "rm: `/tools/gone/ä': No such file or directory");
      await refuses(['-rm', '/tools/gone'], "rm: `/tools/gone': Is a directory");
      await refuses(['-rmdir', '/tools/gone'], "rmdir: `/tools/gone': Directory is not empty");
      await prints('-rmdir', '/tools/gone/sub');
      expect(await prints('-rm', '-r', '/tools/gone')).to.equal('Deleted /tools/gone\n');
      await refuses(['-rm', '-r', '/tools/gone'], "rm: `/tools/gone': No such file or directory");
      await refuses(['-cat', '/tools'], "cat: `/tools': Is a directory");
      await refuses(['-mkdir', '/tools'], "mkdir: `/tools': File exists");
      await refuses(['-mkdir', '/tools/none/x'], "mkdir: `/tools/none': No such file or directory");
    });
  });

  describe('yarn, with a session of ours', () => {
    let user: YarnUser;
    let yarn: YarnView;
    let id: string;
    before(async () => {
      user = new YarnUser(hadoop, tempDir());
      yarn = new YarnView(hadoop);
      const session = ['-n', '1', '-s', '1', '-jm', '512', '-tm', '512', '-nm', 'meine Sitzung', '-d'];
      id = applicationIdIn((await user.yarnSession(...session)).stdout);
    });
    after(() => user?.close());

    const HEAD = /^ +Application-Id\t +Application-Name\t +Application-Type\t.*Tracking-URL$/m;

    it('lists it, by its state, type and tags', async () => {
      const { code, stdout } = await tools.run('application', '-list');
      expect(code).to.equal(0);
      expect(stdout).to.match(
        /^Total number of applications .*states: \[SUBMITTED, ACCEPTED, RUNNING\] and tags: \[\]\):1$/m,
      );
      expect(stdout).to.match(HEAD);
      expect(stdout).to.match(
        new RegExp(
          `^ *${id}\t *meine Sitzung\t *Apache Flink\t *${USER}\t *root\\.default\t *RUNNING\t *UNDEFINED\t *0%\t *http://\\S+$`,
          'm',
        ),
      );
      for (const none of [
        ['-appStates', 'FINISHED,FAILED'],
        ['-appTypes', 'MAPREDUCE'],
        ['-appTags', 'none'],
      ]) {
        expect((await tools.run('application', '-list', ...none)).stdout, none[0]).to.match(/:0$/m);
      }
    });

    it('says how it stands', async () => {
      const { code, stdout } = await tools.run('application', '-status', id);
      expect(code).to.equal(0);
      for (const line of [
        `Application-Id : ${id}`,
        'Application-Name : meine Sitzung',
        'Application-Type : Apache Flink',
        `User : ${USER}`,
        'Queue : root.default',
        'Application Priority : -1',
        'Finish-Time : 0',
        'State : RUNNING',
        'Final-State : UNDEFINED',
        'Log Aggregation Status : DISABLED',
        'Unmanaged Application : false',
        'AM container Node Label Expression : <DEFAULT_PARTITION>',
        'TimeoutType : LIFETIME\tExpiryTime : UNLIMITED\tRemainingTime : -1seconds',
      ]) {
        expect(stdout).to.contain(`\t${line}\n`);
      }
      expect(stdout).to.match(/\tTracking-URL : http:\/\/\S+:\d+\/?\n\tRPC Port : \d+\n/);
      expect(stdout).to.match(/\tAggregate Resource Allocation : [1-9]\d* MB-seconds, \d+ vcore-seconds\n/);
    });

    it('shows its attempt and its containers', async () => {
      const attempts = await tools.run('applicationattempt', '-list', id);
      expect(attempts.stdout).to.contain('Total number of application attempts :1');
      const [attempt, container] = [/appattempt_\S+/, /container_\S+/].map(p => p.exec(attempts.stdout)![0]);
      expect(attempts.stdout).to.match(new RegExp(`${attempt}\t +RUNNING\t *${container}\thttp://\\S+/proxy/${id}/`));
      const containers = await tools.run('container', '-list', attempt!);
      expect(containers.stdout).to.contain('Total number of containers :2');
      const status = await tools.run('container', '-status', container!);
      expect(status.stdout).to.match(/\tState : RUNNING\n\tExecution-Type : GUARANTEED\n\tLOG-URL : http:/);
    });

    it('lists the nodes, with what they run', async () => {
      const { code, stdout } = await tools.run('node', '-list');
      expect(code).to.equal(0);
      const [total, head, ...rows] = stdout.trimEnd().split('\n');
      expect(total).to.equal('Total Nodes:2');
      expect(head).to.match(/^ +Node-Id\t +Node-State\tNode-Http-Address\tNumber-of-Running-Containers$/);
      const row = /^ *\S+:\d+\t +RUNNING\t *\S+:\d+\t +(\d+)$/;
      expect(rows.map(r => Number(row.exec(r)?.[1])).reduce((a, b) => a + b)).to.equal(2);
      const [node] = /\S+:\d+/.exec(rows[0]!)!;
      expect((await tools.run('node', '-status', node)).stdout).to.match(
        /\tNode-State : RUNNING\n[\s\S]*\tMemory-Capacity : 2048MB\n\tCPU-Used : \d vcores\n\tCPU-Capacity : 8 vcores\n/,
      );
      expect((await tools.run('node', '-list', '-states', 'LOST')).stdout).to.contain('Total Nodes:0');
      expect(await tools.run('node', '-status', 'none:1')).to.deep.include({
        code: 0,
        stdout: 'Could not find the node report for node id : none:1\n',
      });
    });

    it('kills it, and tells how it ended', async () => {
      const killed = await tools.run('application', '-kill', id);
      expect(killed.code, killed.stderr).to.equal(0);
      expect(killed.stdout).to.contain(`Killing application ${id}`);
      expect((await yarn.application(id)).state).to.equal('KILLED');
      expect((await tools.run('application', '-kill', id)).stdout).to.contain(`Application ${id} has already finished`);
      expect((await tools.run('application', '-list')).stdout).to.match(/:0$/m);
      const { stdout } = await tools.run('application', '-status', id);
      for (const line of [
        'Progress : 100%',
        'State : KILLED',
        'Final-State : KILLED',
        'RPC Port : -1',
        'AM Host : N/A',
        `Diagnostics : Application ${id} was killed by user ${USER} at 127.0.0.1`,
      ]) {
        expect(stdout).to.contain(`\t${line}\n`);
      }
      expect(stdout).to.match(new RegExp(`Tracking-URL : http://\\S+/cluster/app/${id}\n`));
    });

    it('does not know others', async () => {
      const unknown = "Application with id 'application_1_0001' doesn't exist in RM";
      const killed = await tools.run('application', '-kill', 'application_1_0001');
      expect(killed).to.deep.include({ code: -1, stdout: `${unknown}.\n` });
      const status = await tools.run('application', '-status', 'application_1_0001');
      expect(status.code).to.equal(-1);
      expect(status.stdout).to.contain(unknown);
    });
  });
});
