import { FluentBundle, FluentResource } from '@fluent/bundle'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Choice } from './choose.ts'
import { isolate } from './isolate.ts'
import { type Direction, directionOf, type Language } from './languages.ts'

/**
 * The messages of a domain: for each key its parameters. A `number` decides about the plural; a `text` may
 * come from a user.
 */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, 'text' | 'number'>>>>

type ValuesOf<Parameters> = {
  readonly [Name in keyof Parameters]: Parameters[Name] extends 'number' ? number : string
}
/** No argument for a message without parameters. */
type ArgumentsOf<Parameters> = keyof Parameters extends never ? [] : [ValuesOf<Parameters>]

/** A piece of a message: a text of the catalogue, or the name of a parameter in its place. */
export type Piece<Name> = { text: string } | { parameter: Name }

/** The messages of one domain in one language, and the formats of `Intl` for it. */
export type Words<Table extends MessageTable> = {
  language: Language
  direction: Direction
  /** The message as a text. Texts of users in it are isolated (`isolate.ts`). */
  text<Key extends keyof Table & string>(key: Key, ...values: ArgumentsOf<Table[Key]>): string
  /** The message with its texts left out, for HTML: the caller escapes the pieces and puts the texts in. */
  pieces<Key extends keyof Table & string>(
    key: Key,
    ...values: ArgumentsOf<Table[Key]>
  ): Piece<keyof Table[Key] & string>[]
  /** A text of a user, to stand beside the words. */
  isolate(text: string): string
  /**
   * A date with its time and the name of the time zone. `at`: milliseconds since the Unix epoch. `timeZone`:
   * default UTC.
   */
  time(at: number, timeZone?: string): string
  /** "A, B and C". */
  list(texts: readonly string[]): string
  number(value: number): string
}

/** A parsed catalogue. It can be shared by the words of several locales. */
export type Catalogue = FluentResource

export const parseCatalogue = (source: string): Catalogue => new FluentResource(source)

/** A format takes some 50 kB, and the words of each locale have their own. */
const MAX_ZONES = 20

type Values = Readonly<Record<string, string | number>>

/**
 * Stands for a parameter in `pieces`. Private-use characters: no catalogue has them, and no text of a user is
 * formatted there.
 */
const PLACE = /\ue000([^\ue001]+)\ue001/

/** Formats of `Intl` are created when they are first used. A key that is missing in a catalogue appears as the key. */
export function createWords<Table extends MessageTable>(
  { language, locale }: Choice,
  catalogue: Catalogue,
): Words<Table> {
  const direction = directionOf(language)
  // `isolate` does it for the texts that need it.
  const bundle = new FluentBundle(locale, { useIsolating: false })
  bundle.addResource(catalogue)
  const format = (key: string, values: Values = {}): string => {
    const pattern = bundle.getMessage(key)?.value
    // With a list for errors, a value that is missing does not throw.
    return pattern === undefined || pattern === null ? key : bundle.formatPattern(pattern, values, [])
  }
  const formats = createFormats(locale)
  const isolated = (text: string) => isolate(text, direction)
  return {
    language,
    direction,
    text: (key, ...[values]) =>
      format(
        key,
        mapTexts(values, (text) => isolated(text)),
      ),
    pieces(key, ...[values]) {
      const text = format(
        key,
        mapTexts(values, (_text, name) => `\ue000${name}\ue001`),
      )
      return text
        .split(PLACE)
        .map((part, at) => (at % 2 === 0 ? { text: part } : { parameter: part as never }))
        .filter((piece) => !('text' in piece) || piece.text !== '')
    },
    isolate: isolated,
    time: (at, timeZone = 'UTC') => formats.time(timeZone).format(at),
    list: (texts) => formats.list().format(texts.map(isolated)),
    number: (value) => formats.number().format(value),
  }
}

function mapTexts(values: Values | undefined, change: (text: string, name: string) => string): Values {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? change(value, name) : value,
    ]),
  )
}

function createFormats(locale: string) {
  const times = new BoundedMap<string, Intl.DateTimeFormat>({ limit: MAX_ZONES })
  let list: Intl.ListFormat | undefined
  let number: Intl.NumberFormat | undefined
  return {
    time: (zone: string) =>
      times.getOrInsertComputed(zone, (timeZone) => new Intl.DateTimeFormat(locale, { ...TIME, timeZone })),
    list: () => (list ??= new Intl.ListFormat(locale, { type: 'conjunction' })),
    number: () => (number ??= new Intl.NumberFormat(locale)),
  }
}

const TIME: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
}
