import fc from 'fast-check'

/**
 * Texts that have broken parsers: limits of numbers, of Unicode, of escapes, of URLs and addresses, and names
 * that objects have already.
 */
export const NASTY: readonly string[] = [
  '',
  ' ',
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\ud800',
  '\udfff',
  '\u202e',
  '\u2028',
  '\ufeff',
  'ß',
  'İ',
  'ﬁ',
  '🔔',
  '👩‍👩‍👧',
  'e\u0301\u0301\u0301\u0301',
  '0',
  '-0',
  '-1',
  '00',
  '1.5',
  '1e3',
  '1e999',
  '0x7f',
  'NaN',
  'Infinity',
  '9007199254740993',
  '999999999999999',
  '9'.repeat(400),
  '٣',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'true',
  '%',
  '%00',
  '%zz',
  '%2F%2e%2e',
  '%c3%28',
  '../',
  '..\\',
  '/',
  '//',
  '\\',
  '\\.',
  '\\\\',
  '.',
  '..',
  ':',
  ';',
  ',',
  '=',
  '*',
  '?',
  '*?*?*',
  '<',
  '>',
  '&',
  '&lt;',
  '&#0;',
  '&#9999999;',
  '&#xffffff;',
  '"',
  "'",
  '`',
  '#',
  '@',
  '!',
  '$',
  '{}',
  '[]',
  '{"',
  '[[[[[[[[',
  '{{',
  '{ $',
  '|',
  '~',
  '_',
  '-',
  '--',
  '+00:00',
  '[::1]',
  '::ffff:7f00:1',
  '127.1',
  '2130706433',
  '010.0.0.1',
  '169.254.169.254',
  'localhost',
  'LOCALHOST.',
  'xn--',
  'xn--a',
  '0.0.0.0',
  'a'.repeat(300),
  'a,'.repeat(200),
  '('.repeat(200),
  'aab '.repeat(100),
]

/** Any text, with those above more often. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...NASTY), { maxLength: 6 }).map((all) => all.join('')) },
)

const edit = fc.record({
  at: fc.nat({ max: 1000 }),
  length: fc.nat({ max: 6 }),
  kind: fc.constantFrom('insert' as const, 'replace' as const, 'remove' as const, 'repeat' as const),
  piece: text,
})

/** Valid texts with some edits: most of a parser is reached only by input that is almost right. */
export const near = (...valid: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 1, arbitrary: text },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 4 }))
        .map(([start, edits]) => edits.reduce(edited, start)),
    },
  )

function edited(
  from: string,
  { at, length, kind, piece }: typeof edit extends fc.Arbitrary<infer E> ? E : never,
): string {
  const start = Math.floor((at * from.length) / 1000)
  const [before, cut, after] = [
    from.slice(0, start),
    from.slice(start, start + length),
    from.slice(start + length),
  ]
  switch (kind) {
    case 'insert':
      return before + piece + cut + after
    case 'replace':
      return before + piece + after
    case 'remove':
      return before + after
    case 'repeat':
      return before + cut.repeat(20) + after
  }
}

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, -0, [], {}, [null], [[]]),
  fc.integer(),
)

/** Any JSON, with nasty keys and texts. */
export const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
})).value

/** A value, or now and then one of another type. */
export const loose = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: json })

/** An object of this shape: any key may be missing or have a value of another type, and there may be others. */
export const almost = (
  shape: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(
      fc.record(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, loose(value)])), {
        requiredKeys: [],
      }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.dictionary(text, json, { maxKeys: 2 }) },
      ),
    )
    .map(([known, others]) => ({ ...others, ...known }))

/** The value as it is after it was sent: without what JSON cannot express. */
export const sent = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
