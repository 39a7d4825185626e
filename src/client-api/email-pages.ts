import { addressOfToken, validateByToken, type ValidationDeps } from '../accounts/email-validation.ts'
import { UNSUBSCRIBE_PATH, VALIDATE_PATH } from '../delivery/email/links.ts'
import { signedLink } from '../http/auth.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { htmlOf } from '../language/html-words.ts'
import type { LoadWords, WordsOf } from '../language/load-words.ts'
import { type Html, safeHtml } from '../lib/html.ts'
import { mailedPusher, type UnsubscribeDeps, unsubscribe } from '../pushers/unsubscribe.ts'
import { button, HTML, page } from './html-page.ts'

export type EmailPageDeps = UnsubscribeDeps &
  Pick<ValidationDeps, 'db' | 'clock'> & {
    serverName: string
    wordsOf: LoadWords
  }

type PageWords = WordsOf<'pages'>

const notValid = (words: PageWords) =>
  page(404, words, {
    title: words.text('invalid-title'),
    content: safeHtml`<p>${words.text('invalid-text')}</p>`,
  })

const ended = (words: PageWords) => ({
  title: words.text('ended-title'),
  content: safeHtml`<p>${words.text('ended-text')}</p>`,
})

/** A text that may be long and has no spaces. */
const breaking = (text: string): Html => safeHtml`<b class="word"><bdi>${text}</bdi></b>`

/**
 * The pages that links in mails open. GET changes nothing, because mail scanners open links; only POST acts.
 * The token is part of the path, because a mail program that unsubscribes sends a fixed body (RFC 8058).
 */
export function emailPageRoutes(deps: EmailPageDeps): Route[] {
  return [...validationPages(deps), ...unsubscribePages(deps)]
}

/** In the language of the browser: an address that is validated has no pusher yet. */
function validationPages(deps: EmailPageDeps): Route[] {
  const path = `${VALIDATE_PATH}/:token` as const
  const wordsFor = (languages: readonly string[]) => deps.wordsOf('pages', languages)
  const auth = signedLink(
    (token) => addressOfToken(deps, token),
    async (languages) => notValid(await wordsFor(languages)),
  )
  return [
    defineRoute({
      method: 'GET',
      path,
      auth,
      limit: 'email token',
      summary: 'The page to confirm an e-mail address',
      response: { 200: HTML, 404: HTML },
      async handler({ link: { address, isValidated }, languages }) {
        const words = await wordsFor(languages)
        if (isValidated) return validated(words, address)
        const names = { address, server: deps.serverName }
        const question = htmlOf(words.pieces('confirm-text', names), {
          address: breaking(address),
          server: breaking(deps.serverName),
        })
        return page(200, words, {
          title: words.text('confirm-title'),
          content: safeHtml`<p>${question}</p>
            <p>${words.text('confirm-hint')}</p>
            ${button(words.text('confirm-button'))}`,
        })
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      auth,
      limit: 'email token',
      summary: 'Validates an e-mail address',
      response: { 200: HTML, 404: HTML },
      async handler({ params: { token }, languages }) {
        const address = await validateByToken(deps, token)
        const words = await wordsFor(languages)
        return address === undefined ? notValid(words) : validated(words, address)
      },
    }),
  ]
}

const validated = (words: PageWords, address: string) =>
  page(200, words, {
    title: words.text('confirmed-title'),
    content: safeHtml`<p>${htmlOf(words.pieces('confirmed-text', { address }), { address: breaking(address) })}</p>`,
  })

/** In the language of the pusher, or if it is gone, in that of the browser. */
function unsubscribePages(deps: EmailPageDeps): Route[] {
  const path = `${UNSUBSCRIBE_PATH}/:token` as const
  const pusherOf = (token: string) => mailedPusher(deps, token)
  const wordsFor = (languages: readonly string[]) => deps.wordsOf('pages', languages)
  const endedPage = async <const Status extends number>(status: Status, languages: readonly string[]) => {
    const words = await wordsFor(languages)
    return page(status, words, ended(words))
  }
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: signedLink(pusherOf, (languages) => endedPage(404, languages)),
      limit: 'default',
      summary: 'The page to end e-mail notifications',
      response: { 200: HTML, 404: HTML },
      async handler({ link: { userId: user, address, lang }, languages }) {
        const words = await wordsFor([lang, ...languages])
        const text = htmlOf(words.pieces('end-text', { user, address }), {
          user: breaking(user),
          address: breaking(address),
        })
        return page(200, words, {
          title: words.text('end-title'),
          content: safeHtml`<p>${text}</p>
            ${button(words.text('end-button'))}`,
        })
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      // The pusher was already removed: the wanted result, so 200.
      auth: signedLink(pusherOf, (languages) => endedPage(200, languages)),
      limit: 'default',
      summary: 'Ends e-mail notifications (RFC 8058)',
      response: { 200: HTML },
      async handler({ params: { token }, link: { lang }, languages }) {
        await unsubscribe(deps, token)
        return endedPage(200, [lang, ...languages])
      },
    }),
  ]
}
