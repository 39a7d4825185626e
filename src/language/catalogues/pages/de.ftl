invalid-title = Dieser Link ist nicht gültig
invalid-text = Er wurde schon benutzt, ist älter als eine Stunde oder wurde durch eine neuere E-Mail ersetzt. Fordere in deiner App eine weitere E-Mail an.

confirm-title = Ist das deine Adresse?
confirm-text = Jemand möchte { $address } zu einem Konto auf { $server } hinzufügen.
confirm-hint = Wenn du das bist, bestätige die Adresse hier und mach in deiner App weiter. Sonst schließe diese Seite; es wird nichts geändert.
confirm-button = Diese Adresse bestätigen
confirmed-title = Bestätigt
confirmed-text = { $address } ist bestätigt. Mach in deiner App weiter.

end-title = E-Mail-Benachrichtigungen beenden?
end-text = Benachrichtigungen für { $user } gehen an { $address }.
end-button = Keine E-Mails mehr senden
ended-title = Keine E-Mails mehr
ended-text = E-Mail-Benachrichtigungen sind aus. Du kannst sie in den Einstellungen deiner App wieder einschalten.
