import { type Html, safeHtml } from '../lib/html.ts'
import type { Piece } from './words.ts'

/** A message as HTML, with `texts` in the places of its parameters. */
export function htmlOf<Name extends string>(
  pieces: readonly Piece<Name>[],
  texts: Readonly<Partial<Record<Name, string | Html>>>,
): Html {
  return safeHtml`${pieces.map((piece) => ('text' in piece ? piece.text : textHtml(texts[piece.parameter])))}`
}

/** In `<bdi>` a text does not change the order of the words around it. */
const textHtml = (text: string | Html | undefined) =>
  typeof text === 'string' ? safeHtml`<bdi>${text}</bdi>` : (text ?? '')
