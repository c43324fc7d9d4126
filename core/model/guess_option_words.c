/* guess_option_words.c - what the options of EspoCRM's own fields are called elsewhere:
 * in other programs' exports, in German, French and Spanish; words for yes and no;
 * countries.
 *
 * Pairs "word>Option", folded as guess_key() does; a word without an option has no
 * counterpart, and its cells are left empty.
 */
#include "model/guess_internal.h"

#include <strings.h>

static const char status[] =
    "open>New|opennotcontacted>New|notcontacted>New|neu>New|offen>New|nouveau>New|"
    "nouvelle>New|nuevo>New|nueva>New|abierto>New|zugewiesen>Assigned|assigne>Assigned|"
    "asignado>Assigned|working>In Process|workingcontacted>In Process|"
    "contacted>In Process|nurturing>In Process|qualified>In Process|"
    "inprogress>In Process|inbearbeitung>In Process|inarbeit>In Process|"
    "kontaktiert>In Process|qualifiziert>In Process|encours>In Process|"
    "enproceso>In Process|enprogreso>In Process|contactado>In Process|"
    "connected>In Process|attemptedtocontact>In Process|opendeal>In Process|"
    "closedconverted>Converted|won>Converted|konvertiert>Converted|gewonnen>Converted|"
    "converti>Converted|gagne>Converted|convertido>Converted|ganado>Converted|"
    "wiederaufgenommen>Recycled|recycle>Recycled|reciclado>Recycled|"
    "closednotconverted>Dead|unqualified>Dead|lost>Dead|junk>Dead|badtiming>Dead|"
    "tot>Dead|verloren>Dead|kalt>Dead|disqualifiziert>Dead|perdu>Dead|mort>Dead|"
    "perdido>Dead|descartado>Dead|done>Completed|erledigt>Completed|termine>Completed|"
    "completado>Completed|nichtbegonnen>Not Started|todo>Not Started|"
    "cancelled>Canceled|abgebrochen>Canceled|annule>Canceled|cancelado>Canceled|"
    "waiting>Deferred|zuruckgestellt>Deferred";

static const char source[] =
    "web>Web Site|website>Web Site|webseite>Web Site|internet>Web Site|homepage>Web Site|"
    "online>Web Site|siteweb>Web Site|siteinternet>Web Site|sitioweb>Web Site|"
    "paginaweb>Web Site|phone>Call|phoneinquiry>Call|coldcall>Call|anruf>Call|"
    "telefon>Call|appel>Call|telephone>Call|llamada>Call|telefono>Call|"
    "mail>Email|courriel>Email|correo>Email|correoelectronico>Email|"
    "bestandskunde>Existing Customer|clientexistant>Existing Customer|"
    "clienteexistente>Existing Customer|customer>Existing Customer|"
    "partnerreferral>Partner|partenaire>Partner|socio>Partner|"
    "pr>Public Relations|offentlichkeitsarbeit>Public Relations|"
    "relationspubliques>Public Relations|relacionespublicas>Public Relations|"
    "advertisement>Campaign|tradeshow>Campaign|seminarinternal>Campaign|"
    "seminarpartner>Campaign|customerevent>Campaign|googleadwords>Campaign|"
    "webinar>Campaign|event>Campaign|conference>Campaign|kampagne>Campaign|"
    "messe>Campaign|campagne>Campaign|salon>Campaign|campana>Campaign|feria>Campaign|"
    "purchasedlist>Other|employeereferral>Other|externalreferral>Other|"
    "wordofmouth>Other|referral>Other|empfehlung>Other|sonstiges>Other|andere>Other|"
    "recommandation>Other|autre>Other|recomendacion>Other|otro>Other|otros>Other";

static const char industry[] =
    "apparel>Apparel & Accessories|chemicals>Chemical|communications>Telecommunications|"
    "engineering>Manufacturing|entertainment>Entertainment & Leisure|"
    "environmental>Service|government>Service|machinery>Manufacturing|media>Mass Media|"
    "notforprofit>Service|recreation>Entertainment & Leisure|utilities>Electric Power|"
    "financialservices>Finance|informationtechnology>Technology|"
    "informationtechnologyandservices>Technology|computersoftware>Software|it>Technology|"
    "bank>Banking|banken>Banking|bau>Construction|bauwesen>Construction|"
    "bauindustrie>Construction|handel>Retail|einzelhandel>Retail|grosshandel>Wholesale|"
    "versicherung>Insurance|versicherungen>Insurance|gesundheitswesen>Healthcare|"
    "gesundheit>Healthcare|bildung>Education|finanzen>Finance|energie>Energy|"
    "beratung>Consulting|transport>Transportation|logistik>Transportation|"
    "immobilien>Real Estate|chemie>Chemical|landwirtschaft>Agriculture|"
    "produktion>Manufacturing|industrie>Manufacturing|maschinenbau>Manufacturing|"
    "tourismus>Travel|gastgewerbe>Hospitality|batiment>Construction|banque>Banking|"
    "assurance>Insurance|sante>Healthcare|conseil>Consulting|commerce>Retail|"
    "immobilier>Real Estate|enseignement>Education|education>Education|"
    "agroalimentaire>Food & Beverage|informatique>Technology|logiciel>Software|"
    "construccion>Construction|banca>Banking|seguros>Insurance|salud>Healthcare|"
    "sanidad>Healthcare|consultoria>Consulting|comercio>Retail|educacion>Education|"
    "energia>Energy|inmobiliaria>Real Estate|agricultura>Agriculture|turismo>Travel|"
    "tecnologia>Technology|alimentacion>Food & Beverage|transporte>Transportation|other>|"
    "sonstige>|sonstiges>|autre>|otro>|otros>";

static const char type[] =
    "customerdirect>Customer|customerchannel>Customer|client>Customer|kunde>Customer|"
    "cliente>Customer|channelpartnerreseller>Reseller|handler>Reseller|"
    "wiederverkaufer>Reseller|revendeur>Reseller|revendedor>Reseller|distribuidor>"
    "Reseller|"
    "vendor>Partner|supplier>Partner|installationpartner>Partner|"
    "technologypartner>Partner|partenaire>Partner|socio>Partner|investisseur>Investor|"
    "inversor>Investor|anleger>Investor|prospect>|interessent>|prospecto>|other>|"
    "sonstige>|sonstiges>|autre>|otro>|competitor>|analyst>|press>|integrator>Partner";

static const char salutation[] =
    "mister>Mr.|herr>Mr.|herrn>Mr.|hr>Mr.|m>Mr.|monsieur>Mr.|sr>Mr.|senor>Mr.|"
    "miss>Ms.|frau>Ms.|fr>Ms.|mlle>Ms.|mademoiselle>Ms.|srta>Ms.|mme>Mrs.|madame>Mrs.|"
    "sra>Mrs.|senora>Mrs.|prof>Dr.|profdr>Dr.|doctor>Dr.|professor>Dr.|herrdr>Dr.|"
    "fraudr>Dr.|mx>|divers>|familie>|firma>|rev>|hon>";

static const char stage[] =
    "needsanalysis>Qualification|valueproposition>Proposal|iddecisionmakers>"
    "Qualification|"
    "perceptionanalysis>Qualification|proposalpricequote>Proposal|"
    "negotiationreview>Negotiation|appointmentscheduled>Prospecting|"
    "qualifiedtobuy>Qualification|presentationscheduled>Proposal|"
    "decisionmakerboughtin>Negotiation|contractsent>Negotiation|won>Closed Won|"
    "lost>Closed Lost|gewonnen>Closed Won|verloren>Closed Lost|angebot>Proposal|"
    "verhandlung>Negotiation|qualifizierung>Qualification|gagne>Closed Won|"
    "perdu>Closed Lost|proposition>Proposal|negociation>Negotiation|ganada>Closed Won|"
    "ganado>Closed Won|perdida>Closed Lost|perdido>Closed Lost|propuesta>Proposal|"
    "negociacion>Negotiation|cualificacion>Qualification|calificacion>Qualification";

static const char priority[] =
    "niedrig>Low|gering>Low|basse>Low|faible>Low|baja>Low|mittel>Normal|medium>Normal|"
    "moyenne>Normal|normale>Normal|media>Normal|hoch>High|haute>High|elevee>High|"
    "alta>High|dringend>Urgent|critical>Urgent|urgente>Urgent";

static const struct {
    const char *field;
    const char *pairs;
} option_words[] = {
    {"status", status},     {"source", source},     {"leadSource", source},
    {"industry", industry}, {"type", type},         {"salutationName", salutation},
    {"stage", stage},       {"priority", priority},
};

bool guess_option_word(const char *field, struct slice key, struct slice *option) {
    for (size_t i = 0; i < sizeof option_words / sizeof *option_words; i++) {
        const char *at = option_words[i].pairs;
        if (strcmp(option_words[i].field, field) != 0 || key.len == 0)
            continue;
        while (at != NULL) {
            size_t len = strcspn(at, ">");
            if (len == key.len && memcmp(at, key.data, len) == 0) {
                *option = slice_make(at + len + 1, strcspn(at + len + 1, "|"));
                return true;
            }
            at = strchr(at, '|');
            at = at == NULL ? NULL : at + 1;
        }
    }
    return false;
}

int guess_bool_word(const char *text, bool *usual) {
    static const struct {
        const char *words;
        int means;
        bool usual;
    } known[] = {
        {"true|yes|y|1|x|on|ja|oui|si|wahr", 1, true},
        {"false|no|n|0|off|nein|non|falsch", -1, true},
        {"t|j|verdadero|vrai|checked|aktiv|activo|actif|active|selected", 1, false},
        {"f|falso|faux|unchecked|inaktiv|inactivo|inactif|inactive|deselected", -1,
         false},
    };
    char room[GUESS_KEY + 1];
    struct slice key = guess_key(slice_of(text), room);

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (guess_is_word(known[i].words, key)) {
            *usual = known[i].usual && strcasecmp(room, text) == 0;
            return known[i].means;
        }
    return 0;
}

const char *guess_country(struct slice key) {
    static const struct {
        const char *code;
        const char *words;
    } countries[] = {
        {"AT", "at|aut|austria|osterreich|oesterreich|autriche"},
        {"AU", "au|aus|australia|australien|australie"},
        {"BE", "be|bel|belgium|belgien|belgique|belgica|belgie"},
        {"BR", "br|bra|brazil|brasilien|bresil|brasil"},
        {"CA", "ca|can|canada|kanada"},
        {"CH", "ch|che|switzerland|schweiz|suisse|suiza|svizzera"},
        {"CZ", "cz|cze|czechrepublic|czechia|tschechien|ceskarepublika|chequia"},
        {"DE", "de|deu|ger|germany|deutschland|allemagne|alemania|brd"},
        {"DK", "dk|dnk|denmark|danemark|danmark|dinamarca"},
        {"ES", "es|esp|spain|spanien|espagne|espana"},
        {"FI", "fi|fin|finland|finnland|finlande|suomi"},
        {"FR", "fr|fra|france|frankreich|francia"},
        {"GB", "gb|gbr|uk|unitedkingdom|greatbritain|england|grossbritannien|"
               "vereinigteskonigreich|royaumeuni|reinounido|scotland|wales"},
        {"IE", "ie|irl|ireland|irland|irlande|irlanda"},
        {"IN", "in|ind|india|indien|inde"},
        {"IT", "it|ita|italy|italien|italie|italia"},
        {"JP", "jp|jpn|japan|japon"},
        {"LU", "lu|lux|luxembourg|luxemburg"},
        {"MX", "mx|mex|mexico|mexiko|mexique"},
        {"NL", "nl|nld|netherlands|thenetherlands|niederlande|paysbas|paisesbajos|"
               "nederland|holland"},
        {"NO", "no|nor|norway|norwegen|norvege|norge|noruega"},
        {"PL", "pl|pol|poland|polen|pologne|polska|polonia"},
        {"PT", "pt|prt|portugal"},
        {"SE", "se|swe|sweden|schweden|suede|sverige|suecia"},
        {"TR", "tr|tur|turkey|turkei|turquie|turkiye|turquia"},
        {"US", "us|usa|unitedstates|unitedstatesofamerica|america|vereinigtestaaten|"
               "etatsunis|estadosunidos"},
        {"ZA", "za|zaf|southafrica|sudafrika|afriquedusud|sudafrica"},
    };

    for (size_t i = 0; key.len > 0 && i < sizeof countries / sizeof *countries; i++)
        if (guess_is_word(countries[i].words, key))
            return countries[i].code;
    return NULL;
}
