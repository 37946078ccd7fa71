// Debian's libboost1.81-dev brings the headers alone: the library is compiled here, once for all who link foreign_json.
#include <boost/json/src.hpp>
