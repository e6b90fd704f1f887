import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemSchema } from '../config/schema.ts';

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly read_only?: boolean;
  readonly command?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = (path: string): URL => new URL(`../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(root(path), 'utf8');

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const isJob = ({ restart }: Service): boolean => restart === 'no';

describe('docker-compose.yml', () => {
  test('runs the cluster profile: stream, ledger, record, screens and the worker', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      'clickhouse',
      'grafana',
      'kafka',
      'redis',
      'topics',
      'worker',
    ]);
  });

  test.each(services)('%s comes from a pinned image or a build', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[\w./-]+:\d+\.[\w.-]+$/);
    else expect(image).toBe('sheepdog:local');
  });

  test.each(services)('%s says when it is healthy, unless it is a job that ends', (_, service) => {
    if (isJob(service)) expect(service.healthcheck).toEqual({ disable: true });
    else expect(service.healthcheck.test?.[0]).toMatch(/^CMD/);
  });

  test.each(services)('%s is open to this machine only', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+$/);
    expect(ports.length).toBeLessThanOrEqual(1);
  });

  test.each(services.filter(([, { depends_on: needs }]) => needs !== undefined))(
    '%s waits for what it needs',
    (_, { depends_on: needs }) => {
      for (const [name, { condition }] of Object.entries(needs!)) {
        const needed = compose.services[name];
        expect(needed, name).toBeDefined();
        expect(condition, name).toBe(
          isJob(needed!) ? 'service_completed_successfully' : 'service_healthy',
        );
      }
    },
  );

  test('keeps every datum in a declared volume, and mounts only files that exist', () => {
    const used = new Set<string>();
    for (const [, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source, , mode] = volume.split(':');
        if (source!.startsWith('./')) {
          expect(existsSync(root(source!)), source).toBe(true);
          expect(mode, source).toBe('ro');
        } else {
          used.add(source!);
        }
      }
    }
    expect([...used].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test('takes every secret from .env and refuses to start without it', () => {
    let secrets = 0;
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        // Needed only once an endpoint is configured; the worker then says so itself.
        if (key === 'SHEEPDOG_DELIVERY_KEYS') continue;
        if (!/PASSWORD|TOKEN|KEY|URL/.test(key)) continue;
        expect(String(value), `${name}.${key}`).toMatch(/\$\{\w+:\?set it in \.env\}/);
        secrets += 1;
      }
    }
    expect(secrets).toBeGreaterThan(6);
  });

  test('asks for exactly the variables that .env.example lists', () => {
    const required = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    const optional = [...text.matchAll(/\$\{(\w+_PORT):-/g)].map(([, name]) => name);
    const example = read('.env.example');
    const listed = (pattern: RegExp): string[] =>
      [...example.matchAll(pattern)].map(([, name]) => name!).sort();
    expect(listed(/^(\w+)=$/gm)).toEqual([...new Set(required)].sort());
    expect(listed(/^# (\w+_PORT)=\d+$/gm)).toEqual([...new Set(optional)].sort());
  });

  test('keeps what the ledger answered, and evicts nothing', () => {
    const command = compose.services['redis']!.command!.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
  });

  test('gives Grafana every variable that the provisioning files read, and the mounted dashboards', () => {
    const { environment, volumes } = compose.services['grafana']!;
    const folders = ['datasources', 'dashboards', 'alerting'];
    const files = folders.flatMap((folder) =>
      readdirSync(root(`dashboards/provisioning/${folder}`)).map((file) => `${folder}/${file}`),
    );
    const wanted = files
      // The queries of alert rules are taken as they stand.
      .filter((file) => !file.endsWith('rules.yaml'))
      .flatMap((file) => [
        ...read(`dashboards/provisioning/${file}`)
          .replaceAll(/^#.*$/gm, '')
          .matchAll(/\$(\w+)/g),
      ])
      .map(([, name]) => name!);
    expect(wanted.length).toBeGreaterThan(2);
    for (const name of wanted) expect(Object.keys(environment!)).toContain(name);
    const mounted = volumes!.filter((volume) => volume.includes('.json'));
    expect(mounted).toHaveLength(
      readdirSync(root('dashboards')).filter((name) => name.endsWith('.json')).length,
    );
    const path = /path: (.+)/.exec(read('dashboards/provisioning/dashboards/sheepdog.yaml'))![1]!;
    for (const volume of mounted) expect(volume.split(':')[1]).toContain(`${path}/`);
  });

  test('makes the topics that the worker reads and writes', () => {
    const config = systemSchema.parse(parse(read('config/cluster/sheepdog.yaml')));
    const script = compose.services['topics']!.command!.join('\n');
    for (const topic of [...config.kafka.topics, config.kafka.deadLetterTopic!]) {
      expect(script).toMatch(new RegExp(`create ${topic} \\d+ \\d+`));
    }
    expect(config.http.host).toBe('0.0.0.0');
  });
});

describe('the configuration of the worker', () => {
  const { volumes = [] } = compose.services['worker']!;

  test('is a folder that it cannot write, mounted whole so that exchanged files are seen', () => {
    expect(volumes).toContain('./config:/app/config:ro');
    expect(statSync(root('config')).isDirectory()).toBe(true);
    expect(read('Dockerfile')).toMatch(/^WORKDIR \/app$/m);
  });

  test('says where the optional file of network operators goes', () => {
    expect(text).toContain('networks.asnDatabase: /var/lib/GeoIP/GeoLite2-ASN.mmdb');
    expect(text).toMatch(/^ +# - \.\/geoip:\/var\/lib\/GeoIP:ro$/m);
  });
});

describe('the read-only user of Grafana', () => {
  const xml = read('config/clickhouse/grafana-user.xml');

  test('may read the product’s database and set two limits on its queries', () => {
    expect(xml).toContain('<readonly>1</readonly>');
    expect(xml.match(/<query>(.*)<\/query>/g)).toEqual([
      '<query>GRANT SELECT ON sheepdog.*</query>',
    ]);
    expect(xml.match(/<changeable_in_readonly\/>/g)).toHaveLength(2);
  });

  test('has its password from the environment', () => {
    expect(xml).toContain('<password from_env="CLICKHOUSE_GRAFANA_PASSWORD"/>');
    expect(compose.services['clickhouse']!.environment).toHaveProperty(
      'CLICKHOUSE_GRAFANA_PASSWORD',
    );
  });
});

describe('the image', () => {
  const dockerfile = read('Dockerfile');

  test('runs as nobody special, without the embedded database and without tools', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).not.toMatch(/^RUN npm/m);
    expect(dockerfile).toContain('npm ci --omit=optional --omit=dev');
    expect(compose.services['worker']!.read_only).toBe(true);
  });

  test('takes in no secret and no data', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', 'data', 'node_modules']));
    expect(statSync(root('.dockerignore')).isFile()).toBe(true);
  });
});
