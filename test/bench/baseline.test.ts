import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Target, Unit } from '../../bench/benchmark.ts'
import { measuredTree } from '../../bench/support/baseline-files.ts'
import { compareWith, targetsOfRuns } from '../../bench/support/baseline.ts'
import { atLeast, atMost, shown } from '../../bench/support/target.ts'
import { temporaryFolder } from '../support/databases.ts'

const machine = { cores: 2, processor: 'A' }
const share = (value: number): Target => atLeast('share', { value, limit: 0.3, unit: 'share' })
const cost = (value: number, unit: Unit = 'times'): Target => atMost('cost', { value, limit: 2, unit })
const runsOf = (values: readonly number[], make: (value: number) => Target) =>
  values.map((value) => [make(value)])

function verdictOf(
  then: readonly number[],
  now: readonly number[],
  make: (value: number) => Target,
  on = machine,
) {
  const baseline = {
    machine: { ...machine, node: 'v26', load: 0 },
    targets: targetsOfRuns(runsOf(then, make)),
  }
  return compareWith(baseline, runsOf(now, make), on)[0]?.verdict
}

describe('a run compared with a baseline', () => {
  test('is worse beyond the range by more than its width, and by more than a tenth', () => {
    assert.equal(verdictOf([1, 1.2, 1.1], [1.39], cost), 'same')
    assert.equal(verdictOf([1, 1.2, 1.1], [1.41], cost), 'worse')
    assert.equal(verdictOf([1, 1, 1], [1.09], cost), 'same')
    assert.equal(verdictOf([1, 1, 1], [1.11], cost), 'worse')
    assert.equal(verdictOf([1, 1.2, 1.1], [0.5], cost), 'better')
  })

  test('of a target where more is better is worse below the range', () => {
    assert.equal(verdictOf([0.5, 0.5], [0.44], share), 'worse')
    assert.equal(verdictOf([0.5, 0.5], [0.56], share), 'better')
    assert.equal(verdictOf([0.5, 0.5], [0.46], share), 'same')
  })

  test('counts with the median of its runs', () => {
    assert.equal(verdictOf([1, 1], [9, 1, 1.05], cost), 'same')
    assert.equal(verdictOf([1, 1], [9, 1.5, 1.05], cost), 'worse')
  })

  test('is worse with one more of what must not occur, and shares near zero have noise', () => {
    const deadlocks = (value: number) => atMost('no deadlock', { value, limit: 0, unit: 'count' })
    assert.equal(verdictOf([0, 0], [1], deadlocks), 'worse')
    const more = (value: number) => atMost('more', { value, limit: 0.05, unit: 'share' })
    assert.equal(verdictOf([0, 0.001], [0.015], more), 'same')
    assert.equal(verdictOf([0, 0.001], [0.03], more), 'worse')
  })

  test('on another machine is compared by its ratios alone', () => {
    const other = { cores: 8, processor: 'B' }
    assert.equal(verdictOf([1], [5], cost, other), 'worse')
    assert.equal(
      verdictOf([1], [5], (value) => cost(value, 'ms'), other),
      'other machine',
    )
    assert.equal(
      verdictOf([1], [5], (value) => cost(value, 'ms')),
      'worse',
    )
  })

  test('names targets that only one of both has, and those that could not be measured', () => {
    const baseline = { machine: { ...machine, node: 'v26', load: 0 }, targets: targetsOfRuns([[cost(1)]]) }
    const found = compareWith(baseline, [[share(0.5), cost(Number.NaN)]], machine)
    assert.deepEqual(
      found.map(({ wanted, verdict }) => [wanted, verdict]),
      [
        ['cost', 'absent'],
        ['share', 'new'],
      ],
    )
  })
})

test('targets are met at their limits, and values are shown with their units', () => {
  assert.deepEqual([cost(2).isMet, cost(2.01).isMet, cost(Number.NaN).isMet], [true, false, false])
  assert.deepEqual([share(0.3).isMet, share(0.29).isMet, share(Number.NaN).isMet], [true, false, false])
  assert.deepEqual(
    [shown('share', 0.4123), shown('times', 2), shown('count', 3)],
    ['41.23 %', '2.00 times', '3'],
  )
})

test('a tree is changed when its code differs from the commit, and not by documents and baselines', (t) => {
  const folder = temporaryFolder(t)
  const git = (...command: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...command], {
      cwd: folder,
      encoding: 'utf8',
    }).trim()
  const write = (file: string) => {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), file)
  }
  git('init', '--quiet')
  write('src/app.ts')
  git('add', '.')
  git('commit', '--quiet', '--message', 'first')
  const commit = git('rev-parse', '--short=8', 'HEAD')
  for (const file of ['docs/scale.md', 'bench/baselines/rules.json']) write(file)
  assert.deepEqual(measuredTree(folder), { commit, changed: '' })
  for (const file of ['bench/rules.ts', 'package-lock.json']) write(file)
  writeFileSync(join(folder, 'src/app.ts'), 'changed')
  for (const file of ['bench/rules.ts', 'package-lock.json', 'src/app.ts'])
    assert.ok(measuredTree(folder).changed.includes(file), file)
})
