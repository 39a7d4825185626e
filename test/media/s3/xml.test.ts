import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { asXml, elements } from '../../../src/media/s3/xml.ts'

describe('XML of an S3 service', () => {
  test('has its references replaced once, and a reference to no character stays', () => {
    const value = (inner: string) => elements(`<Key>${inner}</Key>`, 'Key')
    assert.deepEqual(value('a&amp;b &#65;&#x1F514; &lt;'), ['a&b A🔔 <'])
    assert.deepEqual(value('&amp;lt; &#38;gt;'), ['&lt; &gt;'])
    assert.deepEqual(value('&#9999999; &#xffffff; &nbsp;'), ['&#9999999; &#xffffff; &nbsp;'])
  })

  test('has the contents of each element, and texts that are written are read again', () => {
    assert.deepEqual(elements('<U><K>a</K></U><U><K>b</K></U>', 'U'), ['<K>a</K>', '<K>b</K>'])
    assert.deepEqual(elements('<K>a', 'K'), [])
    assert.deepEqual(elements(`<K>${asXml(`<"&'>`)}</K>`, 'K'), [`<"&'>`])
  })
})
