/**
 * The last line of every run: `N passed, M failed, K skipped`, counted over tests. It is written when
 * the process ends, because global teardown and other reporters may still print after the run.
 */

import { writeSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** One line a skipped test: its name and why. */
  readonly reasons: string[];
}

export default class ClosingLine implements Reporter {
  /** A run that ends before it could be counted has failed. */
  private lines = ['0 passed, 1 failed, 0 skipped'];
  private watching = false;

  onInit(vitest: Vitest): void {
    this.watching = vitest.config.watch;
    process.once('exit', () => {
      if (!this.watching) this.print();
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: [] };
    for (const module of modules) countModule(module, count);
    const { passed, failed, skipped, reasons } = count;
    this.lines = [
      ...(reasons.length > 0 ? ['', 'Skipped:', ...reasons] : []),
      `${passed} passed, ${failed} failed, ${skipped} skipped`,
    ];
    if (this.watching) this.print();
  }

  private print(): void {
    writeSync(1, `${this.lines.join('\n')}\n`);
  }
}

function countModule(module: TestModule, count: Count): void {
  // A file or a describe block fails by itself when it cannot be loaded or when a hook throws.
  if (module.errors().length > 0) count.failed += 1;
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) count.failed += 1;
  }
  for (const test of module.children.allTests()) countTest(module, test, count);
}

function countTest(module: TestModule, test: TestCase, count: Count): void {
  const result = test.result();
  if (result.state === 'passed') {
    count.passed += 1;
  } else if (result.state === 'failed') {
    count.failed += 1;
  } else {
    count.skipped += 1;
    count.reasons.push(`  ${module.relativeModuleId} > ${test.fullName}: ${whySkipped(test)}`);
  }
}

function whySkipped(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined && result.note !== '') {
    return result.note;
  }
  if (test.options.mode === 'todo') return 'still to be written';
  let parent: TestSuite | TestModule = test.parent;
  for (;;) {
    if (parent.errors().length > 0) return 'a hook or the file around it failed';
    if (parent.type === 'module') return 'skipped in the source without a reason';
    parent = parent.parent;
  }
}
