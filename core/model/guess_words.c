/* guess_words.c - what columns are called in English, German, French and Spanish, and by
 * programs that export them; folded as guess_key() does ("E-Mail" is "email").
 *
 * A word stands in one list only where it can mean one thing only; words that can mean
 * two ("Title", "State") stand in both, and the cells decide.
 */
#include "model/guess_words.h"

#include "model/guess_internal.h"

const struct guess_words guess_field_words[] = {
    {"firstName", "firstname|givenname|forename|first|fname|contactfirstname|vorname|"
                  "prenom|primernombre|nombredepila|nombres"},
    {"middleName", "middlename|middleinitial|additionalname|secondname|zweitername|"
                   "zweitervorname|mittelname|deuxiemeprenom|segundonombre"},
    {"lastName", "lastname|surname|familyname|last|lname|contactlastname|nachname|"
                 "familienname|zuname|nomdefamille|apellido|apellidos|primerapellido"},
    {"salutationName", "salutation|nameprefix|prefix|courtesytitle|honorific|title|"
                       "anrede|titel|civilite|titre|tratamiento|titulo"},
    {"title", "title|jobtitle|job|designation|jobrole|position|jobposition|role|"
              "organizationtitle|titel|"
              "funktion|stellung|stellenbezeichnung|positionsbezeichnung|"
              "berufsbezeichnung|berufstitel|jobtitel|rolle|poste|"
              "intituleduposte|intituledeposte|fonction|titre|cargo|puesto|"
              "puestodetrabajo|titulo"},
    {"website", "website|web|url|homepage|webpage|www|websiteurl|webaddress|"
                "companydomainname|companywebsite|website1value|webseite|internet|"
                "internetseite|internetadresse|siteweb|siteinternet|sitioweb|paginaweb"},
    {"emailAddressIsOptedOut",
     "hasoptedoutofemail|emailoptout|emailoptedout|optedout|optout|unsubscribed|"
     "unsubscribedfromallemail|donotemail|keinemails|emailunerwunscht|abgemeldet|"
     "desabonne|desinscrit|bajacorreo"},
    {"doNotCall", "donotcall|donotphone|nocalls|nichtanrufen|keineanrufe|"
                  "anrufeunerwunscht|nepasappeler|nollamar"},
    {"description",
     "description|notes|note|comment|comments|remark|remarks|message|memo|"
     "additionalinformation|beschreibung|notiz|notizen|bemerkung|bemerkungen|kommentar|"
     "anmerkung|anmerkungen|commentaire|commentaires|remarque|remarques|notas|"
     "comentario|comentarios|observaciones|descripcion"},
    {"status", "status|leadstatus|statut|estado|estatus|situation|taskstatus|casestatus"},
    {"source",
     "source|leadsource|originalsource|quelle|leadquelle|herkunft|kanal|origine|"
     "provenance|origen|fuente|procedencia|originalquelle|ursprunglichequelle|"
     "sourcedorigine|fuenteoriginal"},
    {"leadSource", "leadsource|source|originalsource|quelle|leadquelle|herkunft|"
                   "originalquelle|ursprunglichequelle|origine|sourcedorigine|origen|"
                   "fuente|fuenteoriginal"},
    {"industry", "industry|branch|sector|industrysector|branche|wirtschaftszweig|secteur|"
                 "secteurdactivite|industria|rubro"},
    {"type", "type|accounttype|customertype|companytype|typ|kundentyp|firmentyp|art|tipo|"
             "tipodecuenta|typedecompte"},
    {"sicCode", "sic|siccode|isiccode|naicscode|codenaf|codeape|cnae"},
    {"opportunityAmount",
     "opportunityamount|amount|budget|value|dealvalue|potential|estimatedvalue|umsatz|"
     "betrag|auftragswert|erwarteterumsatz|volumen|montant|chiffredaffaires|importe|"
     "monto|valor|presupuesto"},
    {"amount", "amount|dealamount|opportunityamount|value|dealvalue|volume|betrag|umsatz|"
               "wert|auftragswert|volumen|montant|valeur|importe|monto|valor"},
    {"assignedUserId",
     "assigneduser|assignedto|owner|ownername|recordowner|leadowner|contactowner|"
     "accountowner|companyowner|dealowner|opportunityowner|salesrep|salesperson|"
     "accountmanager|betreuer|kundenbetreuer|zustandig|zustandiger|bearbeiter|"
     "sachbearbeiter|verantwortlich|verantwortlicher|besitzer|inhaber|kontaktinhaber|"
     "leadinhaber|accountinhaber|dealinhaber|"
     "datensatzinhaber|zustandigermitarbeiter|proprietaireducontact|"
     "propietariodelcontacto|zugewiesenan|"
     "zugewiesenerbenutzer|responsable|proprietaire|commercial|assignea|"
     "utilisateurassigne|propietario|asignadoa|usuarioasignado|vendedor"},
    {"teamsIds", "team|teams|equipe|equipes|equipo|equipos"},
    {"campaignId", "campaign|campaignname|kampagne|campagne|campana"},
    {"closeDate",
     "closedate|closingdate|expectedclosedate|abschlussdatum|abschluss|abschlussam|"
     "datedecloture|dateprevue|fechadecierre|fechacierre"},
    {"stage", "stage|dealstage|opportunitystage|salesstage|phase|verkaufsphase|"
              "vertriebsphase|stufe|etape|phasedevente|etapa|fase|status|estado"},
    {"probability", "probability|chance|winprobability|wahrscheinlichkeit|probabilite|"
                    "probabilidad"},
    {"priority", "priority|prioritat|priorite|prioridad"},
    {"dateStart", "datestart|startdate|start|beginn|startdatum|datededebut|debut|inicio|"
                  "fechadeinicio"},
    {"dateEnd", "dateend|enddate|duedate|due|deadline|ende|enddatum|fallig|falligam|"
                "datedefin|echeance|fin|vencimiento|fechadefin"},
    {"userName", "username|login|benutzername|identifiant|usuario"},
    {"name",
     "name|accountname|opportunityname|dealname|subject|betreff|bezeichnung|titel|"
     "sujet|asunto|nom|nombre|aufgabe|thema"},
    {NULL, NULL},
};

const char *const guess_company_words =
    "company|companyname|account|accountname|companyaccount|organization|organisation|"
    "organizationname|organisationname|organization1name|employer|business|businessname|"
    "associatedcompany|primaryassociatedcompany|customer|customername|firma|firmenname|"
    "unternehmen|unternehmensname|betrieb|arbeitgeber|kunde|kundenname|societe|"
    "nomdelasociete|entreprise|nomdelentreprise|raisonsociale|compte|nomducompte|"
    "employeur|client|empresa|nombredelaempresa|nombredeempresa|compania|razonsocial|"
    "cuenta|nombredelacuenta|organizacion";

const char *const guess_full_name_words =
    "name|fullname|contact|contactname|contactperson|personname|displayname|leadname|"
    "customername|ansprechpartner|kontakt|kontaktperson|kontaktname|vollername|"
    "vollstandigername|vorundnachname|vornamename|vornamenachname|nachnamevorname|"
    "namevorname|nom|nomcomplet|nometprenom|prenometnom|nomprenom|prenomnom|"
    "interlocuteur|nombre|nombrecompleto|nombreyapellidos|nombreyapellido|contacto|"
    "personadecontacto";

const char *const guess_house_words =
    "hausnummer|hausnr|hnr|housenumber|housenr|housenumberaddition|numeroderue";

const char *const guess_email_words =
    "email|emailaddress|emails|emailaddresses|mail|mailaddress|emailid|emailadresse|"
    "emailadressen|mailadresse|mailadressen|adresseemail|"
    "adressemail|adresseelectronique|adressedemessagerie|courriel|correo|"
    "correoelectronico|direcciondecorreo|direcciondecorreoelectronico|direccionemail";

const char *const guess_phone_words[3] = {
    "phone|phonenumber|phoneno|telephone|telephonenumber|telephoneno|tel|telno|telnr|"
    "telefon|telefonnummer|telefonnr|fon|rufnummer|festnetz|festnetznummer|"
    "numerodetelephone|fixe|telephonefixe|telefono|numerodetelefono|telefonofijo",
    "mobile|mobilephone|mobilephonenumber|mobilenumber|mobiletelephone|cell|cellphone|"
    "cellphonenumber|phonemobile|gsm|natel|mobil|mobiltelefon|mobilnummer|telefonmobil|"
    "mobilfunk|handy|handynummer|telmobil|portable|telephoneportable|telephonemobile|"
    "telmobile|telportable|movil|telefonomovil|celular|telefonocelular",
    ("fax|faxnumber|faxno|faxnr|telefax|faxnummer|telefonfax|phonefax|telecopie|"
     "telecopieur"),
};

const char *const guess_part_words[PARTS] = {
    [PART_STREET] = "street|streetaddress|addressstreet|addressline|strasse|str|"
                    "strassenr|strassehausnummer|strassehausnr|strasseundhausnummer|"
                    "strasseundnr|adresszeile|rue|voie|ligne|ligneadresse|calle|"
                    "domicilio|callenumero|address|addr|adresse|anschrift|direccion",
    [PART_CITY] = "city|town|citytown|cityname|ort|stadt|wohnort|ville|commune|localite|"
                  "ciudad|poblacion|localidad|municipio",
    [PART_STATE] =
        "state|province|region|county|stateprovince|stateregion|bundesland|"
        "kanton|bundeslandkanton|departement|provincia|estado|comunidadautonoma",
    [PART_POSTAL] = "postalcode|zip|zipcode|postcode|zippostalcode|plz|postleitzahl|"
                    "codepostal|cp|codigopostal",
    [PART_COUNTRY] = "country|countryregion|countryname|countrycode|land|landregion|"
                     "staat|pays|paysregion|pais|paisregion",
};

const char *const guess_group_words[GROUPS] = {
    [GROUP_PLAIN] = "1|primary|main|haupt|principal|principale",
    [GROUP_MAILING] = "mailing|post|postal|contact|kontakt|contacto",
    [GROUP_BUSINESS] = "business|work|office|company|firma|firmen|geschaftlich|geschaft|"
                       "dienstlich|buro|professionnel|professionnelle|travail|bureau|"
                       "societe|entreprise|trabajo|empresa|oficina|sitz",
    [GROUP_BILLING] = "billing|invoice|rechnung|rechnungs|facturation|factura|"
                      "facturacion|facture",
    [GROUP_HOME] = "home|private|privat|personal|prive|privee|personnel|personnelle|"
                   "domicile|casa|particular",
    [GROUP_OTHER] = "other|andere|weitere|sonstige|autre|otra|otro|secondary|alternate",
    [GROUP_SHIPPING] = "shipping|delivery|liefer|lieferung|versand|livraison|envio|"
                       "entrega|shipto",
};

bool guess_phone_qualifier(struct slice word, enum phone_type *type) {
    static const struct {
        enum phone_type type;
        const char *words;
    } known[] = {
        {PHONE_TYPE_NONE, "primary|first|haupt|principal|principale|contact|default"},
        {PHONE_TYPE_OFFICE,
         "business|work|office|company|companymain|main|direct|switchboard|"
         "geschaftlich|geschaft|gesch|dienstlich|firma|buro|zentrale|durchwahl|"
         "professionnel|pro|bureau|travail|societe|standard|trabajo|empresa|oficina"},
        {PHONE_TYPE_MOBILE, "mobile|mobil|cell|car|auto|movil"},
        {PHONE_TYPE_HOME, "home|private|privat|personal|prive|personnel|perso|domicile|"
                          "casa|particular"},
        {PHONE_TYPE_OTHER,
         "other|andere|sonstige|weitere|zusatzliche|autre|otro|alternate|"
         "secondary|additional"},
        {PHONE_TYPE_FAX, "fax|workfax|homefax|telefax"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (guess_is_word(known[i].words, word)) {
            *type = known[i].type;
            return true;
        }
    return false;
}

bool guess_email_qualifier(struct slice word) {
    return guess_is_word(
        "primary|first|main|haupt|principal|principale|contact|kontakt|business|work|"
        "office|company|firma|firmen|geschaftlich|geschaft|dienstlich|buro|professionnel|"
        "professionnelle|pro|trabajo|empresa|home|private|privat|personal|prive|"
        "personnel|personnelle|perso|casa|particular|other|andere|weitere|zusatzliche|"
        "sonstige|autre|"
        "otro|alternate|alternative|secondary|additional|second",
        word);
}

bool guess_is_salutation(struct slice key) {
    return guess_is_word("mr|mrs|ms|miss|dr|prof|drprof|profdr|mx|sir|herr|herrn|frau|fr|"
                         "m|mme|mlle|madame|monsieur|mademoiselle|sr|sra|srta|senor|"
                         "senora|drdr|rev|hon|herrdr|fraudr",
                         key);
}
