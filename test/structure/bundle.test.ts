import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { BELFRY, BUNDLE } from '../support/process.ts'

const skip = BUNDLE === undefined && 'a run of some test files makes no bundle: set TEST_BUNDLE=1'

test('a stack trace of a bundled process shows the sources', { skip }, () => {
  const { RESPONSE_FAULTS_FILE: _, ...env } = process.env
  const { status, stderr } = spawnSync(process.execPath, BELFRY, { env, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /RESPONSE_FAULTS_FILE is not set\n +at [^\n]*test\/support\/checked-belfry\.ts:11:/)
})
