invalid-title = Deze link is niet geldig
invalid-text = Hij is al gebruikt, hij is ouder dan een uur of een nieuwere e-mail heeft hem vervangen. Vraag in je app een nieuwe e-mail aan.

confirm-title = Is dit jouw adres?
confirm-text = Iemand wil { $address } toevoegen aan een account op { $server }.
confirm-hint = Ben jij dat, bevestig het adres dan hier en ga verder in je app. Sluit anders deze pagina; er verandert niets.
confirm-button = Dit adres bevestigen
confirmed-title = Bevestigd
confirmed-text = { $address } is bevestigd. Ga verder in je app.

end-title = Meldingen per e-mail stoppen?
end-text = Meldingen voor { $user } worden naar { $address } gestuurd.
end-button = Stuur geen e-mail meer
ended-title = Geen e-mail meer
ended-text = Meldingen per e-mail staan uit. Je kunt ze weer aanzetten in de instellingen van je app.
