/* The network that QEMU makes for one guest: 10.0.2.0/24, the way out at .2, the guest at .15 (QEMU's
 * documentation of
 * "-netdev user"). There is nobody else in it, so that nothing has to be asked. QEMU stands in the
 * container's namespace, where pasta answers for a resolver (keeper/network.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "backends/local/shared/bundle.h"

static struct sockaddr_in address_of(const char *dotted)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    inet_pton(AF_INET, dotted, &a.sin_addr);
    return a;
}

static bool raise_interface(int fd, const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    memcpy(request.ifr_name, name, strlen(name) + 1);
    return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

static bool set_address(int fd, unsigned long what, const char *dotted)
{
    struct ifreq request = {.ifr_name = "eth0"};
    struct sockaddr_in a = address_of(dotted);
    memcpy(&request.ifr_addr, &a, sizeof a);
    return ioctl(fd, what, &request) == 0;
}

static bool add_way_out(int fd)
{
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    struct sockaddr_in any = address_of("0.0.0.0"), gateway = address_of("10.0.2.2");
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    memcpy(&route.rt_gateway, &gateway, sizeof gateway);
    return ioctl(fd, SIOCADDRT, &route) == 0;
}

bool network_setup(const char *kind, struct error *e)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && raise_interface(fd, "lo");
    if (ok && strcmp(kind, "nat") == 0) {
        boot_load("/modules/net");
        ok = set_address(fd, SIOCSIFADDR, "10.0.2.15") && set_address(fd, SIOCSIFNETMASK, "255.255.255.0") &&
             raise_interface(fd, "eth0") && add_way_out(fd) &&
             place_write("/etc/resolv.conf", "nameserver " BUNDLE_RESOLVER "\n", 0644);
    }
    if (!ok) {
        error_errno(e, errno, "Cannot set up the network in the container's VM");
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}
