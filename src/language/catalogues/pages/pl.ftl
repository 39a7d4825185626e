invalid-title = Ten link jest nieprawidłowy
invalid-text = Został już użyty, ma ponad godzinę lub zastąpił go nowszy e-mail. Poproś o kolejny e-mail w swojej aplikacji.

confirm-title = Czy to Twój adres?
confirm-text = Ktoś chce dodać { $address } do konta na { $server }.
confirm-hint = Jeśli to Ty, potwierdź tutaj adres i kontynuuj w swojej aplikacji. W przeciwnym razie zamknij tę stronę; nic się nie zmieni.
confirm-button = Potwierdź ten adres
confirmed-title = Potwierdzono
confirmed-text = Adres { $address } został potwierdzony. Kontynuuj w swojej aplikacji.

end-title = Wyłączyć powiadomienia e-mail?
end-text = Powiadomienia dla { $user } są wysyłane na { $address }.
end-button = Nie wysyłaj więcej e-maili
ended-title = Koniec e-maili
ended-text = Powiadomienia e-mail są wyłączone. Możesz je włączyć ponownie w ustawieniach swojej aplikacji.
