import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { Benchmark } from '../../bench/benchmark.ts'
import { BENCHMARKS } from '../../bench/benchmarks.ts'
import { savedBaselines } from '../../bench/support/baseline-files.ts'
import { type Baseline, targetsOfRuns } from '../../bench/support/baseline.ts'
import { atLeast, atMost } from '../../bench/support/target.ts'
import { benchmarksPage } from '../../scripts/print-benchmarks.ts'

const benchmark = (name: string, more: Partial<Benchmark> = {}): Benchmark => ({
  name,
  about: 'what is measured',
  method: ['First sentence.', 'Second sentence.'],
  run: () => Promise.reject(new Error('the page runs no benchmark')),
  ...more,
})

/** Three runs of two targets; the second is missed by its median. */
const measured = (commit: string, runs = 3): Baseline => ({
  commit,
  date: '2026-11-29',
  machine: { cores: 2, processor: 'A', node: 'v26.10.0', load: 0.42 },
  runs,
  targets: targetsOfRuns(
    Array.from({ length: runs }, (_, run) => [
      atMost('cost', { value: 1 + run / 10, limit: 2, unit: 'ms' }),
      atLeast('gain', { value: run === 0 ? 12 : 8, limit: 10, unit: 'times' }),
    ]),
  ),
  figures: {},
})

suite('docs/benchmarks.md', () => {
  test('is what the benchmarks and their baselines say (npm run docs:benchmarks)', () => {
    const page = benchmarksPage()
    assert.equal(readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8'), page)
    for (const { name } of BENCHMARKS) assert.ok(page.includes(`\n## ${name}\n`), name)
  })

  test('has no baseline of a benchmark that does not exist', () => {
    const names = new Set(BENCHMARKS.map(({ name }) => name))
    assert.deepEqual(
      savedBaselines().filter((name) => !names.has(name)),
      [],
    )
  })

  test('names the command, commit, date and machine of a benchmark, and each target with limit, median, range and result', () => {
    const page = benchmarksPage([benchmark('one', { args: '--synapse PYTHON' })], () => measured('12345678'))
    for (const line of [
      'All figures are of commit `12345678`: 1 of 2 targets are met.',
      'First sentence.\nSecond sentence.',
      '`npm run bench -- one --synapse PYTHON`, 3 runs at `12345678` on 2026-11-29: 2 cores (A), Node v26.10.0, load 0.4 before.',
      '| cost | 2.00 ms | 1.10 ms | 1.00 ms to 1.20 ms | met |',
      '| gain | 10.00 times | 8.00 times | 8.00 times to 12.00 times | **missed** |',
    ])
      assert.ok(page.includes(line), `${line}\n\n${page}`)
  })

  test('says which benchmarks have no baseline, and of which commits the figures are', () => {
    const of: Record<string, Baseline> = { one: measured('11111111', 1), two: measured('22222222') }
    const page = benchmarksPage(
      ['one', 'two', 'three'].map((name) => benchmark(name)),
      (name) => of[name],
    )
    for (const line of [
      'All figures are of the commits `11111111`, `22222222`: 3 of 4 targets are met. Without a baseline: `three`.',
      '`npm run bench -- one`, one run at `11111111`',
      '| gain | 10.00 times | 12.00 times | one run | met |',
      '`npm run bench -- three`: there is no baseline, so no figures.',
    ])
      assert.ok(page.includes(line), `${line}\n\n${page}`)
  })
})
