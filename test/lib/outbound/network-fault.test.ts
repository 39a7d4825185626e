import assert from 'node:assert/strict'
import { test } from 'node:test'

import { faultOf } from '../../../src/lib/outbound/network-fault.ts'

const coded = (code: string) => Object.assign(new Error('https://user:secret@gateway.test'), { code })

test('every network error has a fault derived from its code alone', () => {
  const rows = {
    CERT_HAS_EXPIRED: 'tls',
    ERR_SSL_WRONG_VERSION_NUMBER: 'tls',
    SELF_SIGNED_CERT_IN_CHAIN: 'tls',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
    EAI_AGAIN: 'dns',
    EHOSTUNREACH: 'unreachable',
    ENETUNREACH: 'unreachable',
    ETIMEDOUT: 'timeout',
    EPIPE: 'connection reset',
    EMFILE: 'network',
    constructor: 'network',
  }
  for (const [code, word] of Object.entries(rows)) assert.equal(faultOf(coded(code)), word)
})

test('a failure of several addresses has the fault of the first', () => {
  assert.equal(
    faultOf(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')])),
    'connection refused',
  )
  assert.equal(faultOf(new AggregateError([])), 'network')
})

test('a value that is not an error has the fault "network"', () => {
  for (const thrown of [undefined, null, 'secret', { code: 'ECONNREFUSED' }])
    assert.equal(faultOf(thrown), 'network')
})
