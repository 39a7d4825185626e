import { safeHtml } from '../lib/html.ts'
import type { Mail } from '../lib/mail/mailer.ts'
import { mailLayout } from '../lib/mail/mail-layout.ts'

/** The mail with the link that validates an address. `name`: what the server is called in mails. */
export function validationMail({
  address,
  name,
  link,
}: {
  address: string
  name: string
  link: string
}): Pick<Mail, 'to' | 'subject' | 'text' | 'html'> {
  const asked = `Somebody wants to add this address to an account on ${name}.`
  const ifSo = 'If that is you, open this page within an hour and confirm it there:'
  const ifNot = 'If it is not, there is nothing to do: without you the address is not added.'
  return {
    to: address,
    subject: `[${name}] Confirm your e-mail address`,
    text: `${asked}\n${ifSo}\n\n${link}\n\n${ifNot}\n`,
    html: mailLayout({
      title: name,
      content: safeHtml`<p>${asked}</p>
<p>${ifSo}<br><a href="${link}">${link}</a></p>
<p style="color:#666">${ifNot}</p>`,
    }),
  }
}
