/* What describes the server: App/user, App/about, Settings, Metadata, I18n. */
#ifndef ESPOCRM_APPINFO_H
#define ESPOCRM_APPINFO_H

#include "app.h"

void appinfo_user(struct ctx *c);
void appinfo_about(struct ctx *c);
void appinfo_settings(struct ctx *c);
void appinfo_metadata(struct ctx *c);
void appinfo_i18n(struct ctx *c);

#endif
