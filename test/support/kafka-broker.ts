/**
 * A real Apache Kafka broker (KRaft, one node) for the tests: resolved once from Maven Central into an
 * ignored cache folder, then started on free loopback ports with its data in a temporary folder.
 */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** The newest release whose parts are all on Maven Central; 4.x runs on Java 17. */
const KAFKA_VERSION = '4.3.1';
const CACHE = resolve(import.meta.dirname, '../../.cache/kafka');

/** The user every login listener knows. */
export const BROKER_USER = { username: 'sheepdog', password: 'wool-gathering' };

/** Why a broker cannot be had on this machine, in one line. */
export class KafkaUnavailable extends Error {}

/**
 * The folder of Kafka's jars. Resolves them with Maven on the first call of a machine; afterwards it
 * needs no network.
 * @throws KafkaUnavailable when Java or Maven is missing, or Maven cannot reach a repository.
 */
async function kafkaLibraries(): Promise<string> {
  await run('java', ['-version']).catch(() => {
    throw new KafkaUnavailable('no Kafka broker: `java` (17 or newer) is not installed');
  });
  const libraries = join(CACHE, `libs-${KAFKA_VERSION}`);
  if (existsSync(libraries)) return libraries;
  await run('mvn', ['-v']).catch(() => {
    throw new KafkaUnavailable('no Kafka broker: `mvn` is not installed, so it cannot be fetched');
  });
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'resolve-'));
  await writeFile(join(work, 'pom.xml'), pom());
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const options = ['-q', '-B', '-f', work, goal, '-DincludeScope=runtime'];
  await run('mvn', [...options, `-DoutputDirectory=${join(work, 'libs')}`]).catch(
    (error: unknown) => {
      const line = /\[ERROR\] (.*)/.exec((error as { stdout?: string }).stdout ?? '')?.[1];
      throw new KafkaUnavailable(`no Kafka broker: Maven cannot resolve it: ${line ?? 'unknown'}`);
    },
  );
  // Another run may have filled the cache meanwhile; its copy is as good.
  await rename(join(work, 'libs'), libraries).catch(() => undefined);
  await rm(work, { recursive: true, force: true });
  return libraries;
}

function pom(): string {
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>sheepdog</groupId><artifactId>test-broker</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
</dependencies></project>`;
}

interface Ports {
  readonly plain: number;
  readonly login: number;
  readonly tls: number;
  readonly controller: number;
}

export class KafkaBroker {
  private readonly libraries: string;
  private readonly folder: string;
  private readonly ports: Ports;
  private child: ChildProcess | undefined;

  private constructor(libraries: string, folder: string, ports: Ports) {
    this.libraries = libraries;
    this.folder = folder;
    this.ports = ports;
  }

  /** A formatted, running broker. @throws KafkaUnavailable */
  static async create(): Promise<KafkaBroker> {
    const libraries = await kafkaLibraries();
    const folder = await mkdtemp(join(tmpdir(), 'sheepdog-kafka-'));
    const chosen = new Set<number>();
    while (chosen.size < 4) chosen.add(await freePort());
    const [plain, login, tls, controller] = [...chosen];
    const ports = { plain: plain!, login: login!, tls: tls!, controller: controller! };
    const broker = new KafkaBroker(libraries, folder, ports);
    try {
      await broker.format();
      await broker.start();
    } catch (error) {
      await broker.remove();
      throw error;
    }
    return broker;
  }

  /** Plain text, no login. */
  get address(): string {
    return `127.0.0.1:${this.ports.plain}`;
  }

  /** Login by PLAIN or SCRAM as BROKER_USER, plain text. */
  get loginAddress(): string {
    return `127.0.0.1:${this.ports.login}`;
  }

  /** The same logins behind TLS; the certificate is `caFile`. */
  get tlsAddress(): string {
    return `127.0.0.1:${this.ports.tls}`;
  }

  get caFile(): string {
    return join(this.folder, 'ca.pem');
  }

  /** Starts on the same ports with the same data; resolves when clients are served. */
  async start(): Promise<void> {
    const main = [...this.javaArguments(), 'kafka.Kafka', join(this.folder, 'server.properties')];
    const child = spawn('sh', ['-c', LEASH, 'leash', 'java', ...main], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.child = child;
    const last: string[] = [];
    await new Promise<void>((ready, fail) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        last.push(line);
        if (last.length > 20) last.shift();
        if (line.includes('Kafka Server started')) ready();
      });
      child.once('exit', () => {
        fail(new Error(`the Kafka broker ended before it was ready:\n${last.join('\n')}`));
      });
    });
  }

  /** Stops it at once, as a machine that loses power; the data stay. */
  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    this.child = undefined;
    const ended = new Promise((done) => child.once('exit', done));
    child.stdin?.end();
    await ended;
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private javaArguments(): string[] {
    const log = '-Dorg.slf4j.simpleLogger';
    return [
      ...['-Xms96m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...[`${log}.defaultLogLevel=error`, `${log}.log.kafka.server.KafkaRaftServer=info`],
      ...['-cp', join(this.libraries, '*')],
    ];
  }

  private async format(): Promise<void> {
    await this.makeCertificate();
    const file = join(this.folder, 'server.properties');
    await writeFile(file, this.properties());
    const scram = (mechanism: string): string[] => [
      '--add-scram',
      `${mechanism}=[name=${BROKER_USER.username},password=${BROKER_USER.password}]`,
    ];
    await run('java', [
      ...this.javaArguments(),
      ...['kafka.tools.StorageTool', 'format', '-c', file, '-t', 'c2hlZXBkb2ctdGVzdC1pZA'],
      ...scram('SCRAM-SHA-256'),
      ...scram('SCRAM-SHA-512'),
    ]);
  }

  private async makeCertificate(): Promise<void> {
    const store = ['-keystore', join(this.folder, 'keys.p12'), '-storepass', 'changeit'];
    const key = ['-alias', 'broker', '-keyalg', 'EC', '-validity', '30'];
    const name = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=ip:127.0.0.1,dns:localhost'];
    await run('keytool', ['-genkeypair', ...store, '-storetype', 'PKCS12', ...key, ...name]);
    const file = ['-rfc', '-file', this.caFile];
    await run('keytool', ['-exportcert', ...store, '-alias', 'broker', ...file]);
  }

  private properties(): string {
    const { plain, login, tls, controller } = this.ports;
    const clients = `PLAIN://127.0.0.1:${plain},LOGIN://127.0.0.1:${login},TLS://127.0.0.1:${tls}`;
    const { username, password } = BROKER_USER;
    const modules = 'org.apache.kafka.common.security';
    const logins = ['login', 'tls'].flatMap((listener) => [
      `listener.name.${listener}.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
      ...['scram-sha-256', 'scram-sha-512'].map(
        (mechanism) =>
          `listener.name.${listener}.${mechanism}.sasl.jaas.config=${modules}.scram.ScramLoginModule required;`,
      ),
    ]);
    return [
      'node.id=1',
      'process.roles=broker,controller',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `listeners=${clients},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=${clients}`,
      'controller.listener.names=CONTROLLER',
      'inter.broker.listener.name=PLAIN',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,LOGIN:SASL_PLAINTEXT,TLS:SASL_SSL',
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      ...logins,
      'ssl.keystore.type=PKCS12',
      `ssl.keystore.location=${join(this.folder, 'keys.p12')}`,
      'ssl.keystore.password=changeit',
      `log.dirs=${join(this.folder, 'data')}`,
      'auto.create.topics.enable=false',
      // A broker that was killed may register again as soon as its old session has ended.
      'broker.session.timeout.ms=1500',
      'broker.heartbeat.interval.ms=500',
      ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].flatMap(
        (topic) => [`${topic}.replication.factor=1`, `${topic}.num.partitions=1`],
      ),
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.min.isr=1',
      // A test's only member must not wait for others, and a killed one must be missed soon.
      'group.initial.rebalance.delay.ms=0',
      'group.min.session.timeout.ms=500',
      'num.network.threads=2',
      'num.io.threads=2',
      'log.cleaner.dedupe.buffer.size=4194304',
      '',
    ].join('\n');
  }
}

/**
 * Runs the broker on a leash: when the standard input of this shell closes, because the tests ended
 * it or were killed themselves, the broker is killed too.
 */
const LEASH = `exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(cat <&3 >/dev/null 2>&1; kill -9 $child 2>/dev/null) >/dev/null 2>&1 &
wait $child`;
