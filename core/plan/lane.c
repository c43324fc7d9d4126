/* lane.c - lanes as a hash table of queues.
 *
 * A lane exists as long as a ticket is in it. Chained buckets; the table doubles when it
 * holds more lanes than buckets, and never shrinks: its size follows the rows in flight.
 */
#include "plan/lane.h"

#include "base/rc.h"

#include <stdlib.h>
#include <string.h>

struct lane_place {
    struct lane_place *next;    /* behind it in the lane */
    struct lane_ticket *ticket; /* borrowed */
};

struct lane {
    struct lane *next;        /* in the bucket */
    struct lane_place *first; /* the one that may go */
    struct lane_place *last;
    uint64_t key;
};

struct lanes {
    struct lane **buckets; /* owned */
    size_t bucket_count;   /* a power of two */
    size_t lane_count;
    size_t inside;             /* tickets */
    struct lane *spare_lanes;  /* kept for reuse */
    struct lane_place *spares; /* kept for reuse */
};

struct lanes *lanes_new(void) {
    struct lanes *lanes = calloc(1, sizeof *lanes);

    if (lanes == NULL)
        return NULL;
    lanes->bucket_count = 256;
    lanes->buckets = calloc(lanes->bucket_count, sizeof *lanes->buckets);
    if (lanes->buckets == NULL) {
        free(lanes);
        return NULL;
    }
    return lanes;
}

static void lane_free_places(struct lane_place *place) {
    while (place != NULL) {
        struct lane_place *next = place->next;
        free(place);
        place = next;
    }
}

static void lane_free_list(struct lane *lane) {
    while (lane != NULL) {
        struct lane *next = lane->next;
        lane_free_places(lane->first);
        free(lane);
        lane = next;
    }
}

void lanes_free(struct lanes *lanes) {
    if (lanes == NULL)
        return;
    for (size_t i = 0; i < lanes->bucket_count; i++)
        lane_free_list(lanes->buckets[i]);
    lane_free_list(lanes->spare_lanes);
    lane_free_places(lanes->spares);
    free(lanes->buckets);
    free(lanes);
}

void lane_add(struct lane_ticket *ticket, uint64_t key) {
    for (size_t i = 0; i < ticket->count; i++)
        if (ticket->keys[i] == key)
            return;
    if (ticket->count < LANE_KEYS_MAX)
        ticket->keys[ticket->count++] = key;
}

static struct lane **lane_slot(struct lanes *lanes, uint64_t key) {
    struct lane **slot = &lanes->buckets[(key ^ key >> 32) & (lanes->bucket_count - 1)];

    while (*slot != NULL && (*slot)->key != key)
        slot = &(*slot)->next;
    return slot;
}

/* Growing is a matter of speed only: without memory the chains get longer. */
static void lanes_grow(struct lanes *lanes) {
    struct lane **old = lanes->buckets;
    size_t old_count = lanes->bucket_count;
    struct lane **buckets = calloc(old_count * 2, sizeof *buckets);

    if (buckets == NULL)
        return;
    lanes->buckets = buckets;
    lanes->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct lane *lane = old[i];
            struct lane **slot;
            old[i] = lane->next;
            lane->next = NULL;
            slot = lane_slot(lanes, lane->key);
            *slot = lane;
        }
    }
    free(old);
}

static struct lane *lane_open(struct lanes *lanes, uint64_t key) {
    struct lane **slot;
    struct lane *lane = lanes->spare_lanes;

    if (lanes->lane_count >= lanes->bucket_count)
        lanes_grow(lanes);
    slot = lane_slot(lanes, key);
    if (*slot != NULL)
        return *slot;
    if (lane != NULL)
        lanes->spare_lanes = lane->next;
    else
        lane = malloc(sizeof *lane);
    if (lane == NULL)
        return NULL;
    memset(lane, 0, sizeof *lane);
    lane->key = key;
    *slot = lane;
    lanes->lane_count++;
    return lane;
}

static void lane_close_if_empty(struct lanes *lanes, uint64_t key) {
    struct lane **slot = lane_slot(lanes, key);
    struct lane *lane = *slot;

    if (lane == NULL || lane->first != NULL)
        return;
    *slot = lane->next;
    lane->next = lanes->spare_lanes;
    lanes->spare_lanes = lane;
    lanes->lane_count--;
}

/* Gets every lane and place first, so that entering is all or nothing. */
static int lane_prepare(struct lanes *lanes, struct lane_ticket *ticket) {
    size_t spare = 0;

    for (struct lane_place *p = lanes->spares; p != NULL && spare < ticket->count;
         p = p->next)
        spare++;
    for (; spare < ticket->count; spare++) {
        struct lane_place *place = malloc(sizeof *place);
        if (place == NULL)
            return RC_NOMEM;
        place->next = lanes->spares;
        lanes->spares = place;
    }
    for (size_t i = 0; i < ticket->count; i++) {
        ticket->lanes[i] = lane_open(lanes, ticket->keys[i]);
        if (ticket->lanes[i] != NULL)
            continue;
        while (i-- > 0)
            lane_close_if_empty(lanes, ticket->keys[i]);
        return RC_NOMEM;
    }
    return RC_OK;
}

int lane_enter(struct lanes *lanes, struct lane_ticket *ticket) {
    int rc = lane_prepare(lanes, ticket);

    if (rc != RC_OK)
        return rc;
    ticket->blocked = 0;
    for (size_t i = 0; i < ticket->count; i++) {
        struct lane *lane = ticket->lanes[i];
        struct lane_place *place = lanes->spares;
        lanes->spares = place->next;
        place->next = NULL;
        place->ticket = ticket;
        if (lane->first == NULL) {
            lane->first = place;
        } else {
            lane->last->next = place;
            ticket->blocked++;
        }
        lane->last = place;
    }
    lanes->inside++;
    return ticket->blocked == 0;
}

/* Takes the ticket's place out of a lane; true when it was the first. */
static bool lane_remove(struct lanes *lanes, struct lane *lane,
                        const struct lane_ticket *ticket) {
    struct lane_place **link = &lane->first;
    struct lane_place *before = NULL, *place;
    bool first;

    while (*link != NULL && (*link)->ticket != ticket) {
        before = *link;
        link = &before->next;
    }
    place = *link;
    if (place == NULL)
        return false;
    first = before == NULL;
    *link = place->next;
    if (lane->last == place)
        lane->last = before;
    place->next = lanes->spares;
    lanes->spares = place;
    return first;
}

void lane_leave(struct lanes *lanes, struct lane_ticket *ticket,
                void (*ready)(void *context, struct lane_ticket *ticket), void *context) {
    struct lane_ticket *next[LANE_KEYS_MAX];
    size_t next_count = 0;

    for (size_t i = 0; i < ticket->count; i++) {
        struct lane *lane = ticket->lanes[i];
        bool was_first = lane_remove(lanes, lane, ticket);
        if (lane->first == NULL) {
            lane_close_if_empty(lanes, ticket->keys[i]);
            continue;
        }
        if (was_first && --lane->first->ticket->blocked == 0)
            next[next_count++] = lane->first->ticket;
    }
    lanes->inside--;
    for (size_t i = 0; i < next_count; i++)
        ready(context, next[i]);
}

size_t lanes_inside(const struct lanes *lanes) {
    return lanes->inside;
}
