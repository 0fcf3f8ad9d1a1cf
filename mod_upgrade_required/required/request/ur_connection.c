#include "required/request/ur_connection.h"

#include "required/ur_module.h"

extern module upgrade_required_module;

int ur_connection_open(conn_rec *c, void *socket)
{
    (void)socket;
    if (!c->master && !c->outgoing) {
        ap_set_module_config(c->conn_config, &upgrade_required_module,
                             apr_pcalloc(c->pool, sizeof(struct ur_connection)));
    }
    return OK;
}

struct ur_connection *ur_connection_of(const conn_rec *c)
{
    return ap_get_module_config((c->master ? c->master : c)->conn_config,
                                &upgrade_required_module);
}
