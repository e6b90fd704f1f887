/**
 * Runs in vitest's own process before a project's tests. It offers one Kafka broker to all test files
 * of the run, started when the first file asks for it and removed at the end, so that a run without
 * Kafka tests pays nothing.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { KafkaBroker, KafkaUnavailable } from './kafka-broker.ts';

/** What the run's broker offers, or why there is none. */
export type SharedBroker =
  | { readonly address: string; readonly unavailable?: never }
  | { readonly unavailable: string; readonly address?: never };

declare module 'vitest' {
  export interface ProvidedContext {
    /** A GET on it answers a `SharedBroker` once the broker runs. */
    readonly brokerDesk: string;
  }
}

/** Every project of a run has its own set-up; they share what stands here. */
interface Shared {
  broker: Promise<KafkaBroker> | undefined;
  users: number;
}
const key = Symbol.for('sheepdog.test.broker');
const shared = ((globalThis as Record<symbol, unknown>)[key] ??= {
  broker: undefined,
  users: 0,
}) as Shared;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users += 1;
  const desk = createServer((_request, response) => {
    void answer().then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((done) => desk.listen(0, '127.0.0.1', done));
  project.provide('brokerDesk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`);
  return async () => {
    desk.closeAllConnections();
    desk.close();
    shared.users -= 1;
    if (shared.users > 0) return;
    const broker = await shared.broker?.catch(() => undefined);
    shared.broker = undefined;
    await broker?.remove();
  };
}

async function answer(): Promise<SharedBroker> {
  const running = process.env['KAFKA_BROKERS'];
  if (running !== undefined && running !== '') return { address: running };
  shared.broker ??= KafkaBroker.create();
  try {
    return { address: (await shared.broker).address };
  } catch (error) {
    if (error instanceof KafkaUnavailable) return { unavailable: error.message };
    return { unavailable: `the Kafka broker does not start: ${String(error)}` };
  }
}
