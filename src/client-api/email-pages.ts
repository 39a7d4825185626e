import { addressOfToken, validateByToken, type ValidationDeps } from '../accounts/email-validation.ts'
import { UNSUBSCRIBE_PATH, VALIDATE_PATH } from '../delivery/email/links.ts'
import { signedLink } from '../http/auth.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { safeHtml } from '../lib/html.ts'
import { mailedPusher, type UnsubscribeDeps, unsubscribe } from '../pushers/unsubscribe.ts'
import { button, HTML, page } from './html-page.ts'

export type EmailPageDeps = UnsubscribeDeps & Pick<ValidationDeps, 'db' | 'clock'> & { serverName: string }

const NOT_VALID = page(404, {
  title: 'This link is not valid',
  content: safeHtml`<p>
    It was already used, it is older than an hour, or a newer mail replaced it. Request another mail in your
    app.
  </p>`,
})
const ENDED = {
  title: 'No more mail',
  content: safeHtml`<p>
    E-mail notifications are off. You can turn them on again in the settings of your app.
  </p>`,
}

/**
 * The pages that links in mails open. GET changes nothing, because mail scanners open links; only POST acts. The token is part of
 * the path, because a mail program that unsubscribes sends a fixed body (RFC 8058).
 */
export function emailPageRoutes(deps: EmailPageDeps): Route[] {
  return [...validationPages(deps), ...unsubscribePages(deps)]
}

function validationPages(deps: EmailPageDeps): Route[] {
  const path = `${VALIDATE_PATH}/:token` as const
  const auth = signedLink((token) => addressOfToken(deps, token), NOT_VALID)
  return [
    defineRoute({
      method: 'GET',
      path,
      auth,
      limit: 'email token',
      summary: 'The page to confirm an e-mail address',
      response: { 200: HTML, 404: HTML },
      handler({ link: { address, isValidated } }) {
        if (isValidated) return validated(address)
        return page(200, {
          title: 'Is this your address?',
          content: safeHtml`<p>
              Someone wants to add <b class="word">${address}</b> to an account on
              <b>${deps.serverName}</b>.
            </p>
            <p>
              If it is you, confirm the address here, then continue in your app. Otherwise close this page; nothing
              is changed.
            </p>
            ${button('Confirm this address')}`,
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
      async handler({ params: { token } }) {
        const address = await validateByToken(deps, token)
        return address === undefined ? NOT_VALID : validated(address)
      },
    }),
  ]
}

const validated = (address: string) =>
  page(200, {
    title: 'Confirmed',
    content: safeHtml`<p><b class="word">${address}</b> is confirmed. Continue in your app.</p>`,
  })

function unsubscribePages(deps: EmailPageDeps): Route[] {
  const path = `${UNSUBSCRIBE_PATH}/:token` as const
  const pusherOf = (token: string) => mailedPusher(deps, token)
  return [
    defineRoute({
      method: 'GET',
      path,
      auth: signedLink(pusherOf, page(404, ENDED)),
      limit: 'default',
      summary: 'The page to end e-mail notifications',
      response: { 200: HTML, 404: HTML },
      handler({ link }) {
        return page(200, {
          title: 'End e-mail notifications?',
          content: safeHtml`<p>
              Notifications for <b class="word">${link.userId}</b> are sent to
              <b class="word">${link.address}</b>.
            </p>
            ${button('Send no more mail')}`,
        })
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      // The pusher was already removed: the wanted result, so 200.
      auth: signedLink(pusherOf, page(200, ENDED)),
      limit: 'default',
      summary: 'Ends e-mail notifications (RFC 8058)',
      response: { 200: HTML },
      async handler({ params: { token } }) {
        await unsubscribe(deps, token)
        return page(200, ENDED)
      },
    }),
  ]
}
