# Ports for servers that are told where to listen before they run. They are not among those that the system
# gives to connections by itself: between the choice and the server's start a connection could take any.
package Ports;
use strict;
use warnings;
use parent 'Exporter';

use IO::Socket::INET ();

our @EXPORT = qw(free_port);

# Two runs at a time have a range each.
my ($low, $high) = split / /, $ENV{UPGRADE_TEST_PORTS} || '20000 31999';
my $next = $low + int rand($high - $low);

sub free_port {
    for (1 .. $high - $low) {
        $next = $next < $high ? $next + 1 : $low;
        return $next if IO::Socket::INET->new(LocalAddr => "127.0.0.1:$next", Listen => 1, ReuseAddr => 1);
    }
    die "no port is free from $low to $high\n";
}

1;
